"""Neighbours: what proved a goal like this one, with its arguments adapted.

After Blaauwbroek, Urban and Geuvers, "Tactic Learning and Proving for the Coq Proof Assistant" (Tactician, LPAR 2020):
online k-nearest neighbours over pairs of a goal and the tactic used there, with tf-idf weights of the goal's features.
Tactician leaves arguments as they are but for hypotheses; here they are mapped by aligning the two goals.
"""
