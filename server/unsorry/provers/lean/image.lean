
/-!
# A module that is nothing but code

Appended to the driver when it is compiled for the embedded Lean, and run there once.  It writes the code of all the
driver's functions, as the code generator left it in memory, as a module that imports nothing: what the driver calls of
Lean itself is listed beside it as external, with the names under which the binary has it.  The interpreter finds
functions by the module that declares them, hence a placeholder for each (Lean/Compiler/IR/CompilerM.lean,
`findEnvDecl`; Lean/Compiler/ExportAttr.lean).
-/

namespace Unsorry.Image

/-- Merge sort; `pairs` is one pass over sorted lists. -/
partial def merge (lt : α → α → Bool) : List α → List α → List α → List α
  | [], ys, acc => revOnto ys acc
  | xs, [], acc => revOnto xs acc
  | x :: xs, y :: ys, acc => if lt y x then merge lt (x :: xs) ys (y :: acc) else merge lt xs (y :: ys) (x :: acc)

partial def pairs (lt : α → α → Bool) : List (List α) → List (List α)
  | x :: y :: rest => merge lt x y [] :: pairs lt rest
  | rest => rest

partial def mergeAll (lt : α → α → Bool) : List (List α) → List α
  | [] => []
  | [x] => x
  | xs => mergeAll lt (pairs lt xs)

def sort (lt : α → α → Bool) (xs : List α) : List α := mergeAll lt (mapL (fun x => [x]) xs)

-- Named, since the code generator can not take the library's own as values.
@[noinline] def nameLt (a b : Name) : Bool := Name.quickLt a b

@[noinline] def declName (d : IR.Decl) : Name := d.name

@[noinline] def declLt (a b : IR.Decl) : Bool := Name.quickLt a.name b.name

partial def unique : List Name → List Name
  | x :: y :: rest => if x == y then unique (y :: rest) else x :: unique (y :: rest)
  | xs => xs

/-- Functions that an expression calls or takes as values. -/
def calledIn : IR.Expr → List Name → List Name
  | .fap f _, acc => f :: acc
  | .pap f _, acc => f :: acc
  | _, acc => acc

partial def called (b : IR.FnBody) (acc : List Name) : List Name :=
  match b with
  | .vdecl _ _ e b => called b (calledIn e acc)
  | .jdecl _ _ v b => called b (called v acc)
  | .set _ _ _ b => called b acc
  | .setTag _ _ b => called b acc
  | .uset _ _ _ b => called b acc
  | .sset _ _ _ _ _ b => called b acc
  | .inc _ _ _ _ b => called b acc
  | .dec _ _ _ _ b => called b acc
  | .del _ b => called b acc
  | .case _ _ _ alts => go (arrToList alts) acc
  | _ => acc
where
  go : List IR.Alt → List Name → List Name
    | [], acc => acc
    | .ctor _ b :: rest, acc => go rest (called b acc)
    | .default b :: rest, acc => go rest (called b acc)

partial def calledBy : List IR.Decl → List Name → List Name
  | [], acc => acc
  | .fdecl _ _ _ b _ :: rest, acc => calledBy rest (called b acc)
  | _ :: rest, acc => calledBy rest acc

/-- The declarations behind these names, and of their boxed versions. -/
partial def found (env : Environment) : List Name → List IR.Decl → List IR.Decl
  | [], acc => acc
  | n :: ns, acc =>
    let acc := match IR.findEnvDecl env n with
      | some d => d :: acc
      | none => acc
    let boxed := Name.str n "_boxed"
    let acc := match IR.findEnvDecl env boxed with
      | some d => d :: acc
      | none => acc
    found env ns acc

partial def uniqueDecls : List IR.Decl → List IR.Decl
  | x :: y :: rest => if x.name == y.name then uniqueDecls (y :: rest) else x :: uniqueDecls (y :: rest)
  | xs => xs

/-- Nobody refers to these constants: they only say which module a function belongs to. -/
@[noinline] def placeholder (d : IR.Decl) : ConstantInfo :=
  .axiomInfo { name := d.name, levelParams := [], type := mkSort levelOne, isUnsafe := true }

/-- Functions that the binary has under a name of their own choosing. -/
partial def exports (env : Environment) : List IR.Decl → List (Name × Name)
  | [] => []
  | d :: ds => match getExportNameFor? env d.name with
    | some e => (d.name, e) :: exports env ds
    | none => exports env ds

unsafe def save (env : Environment) (file : String) : IO Unit := do
  let own := IR.getDecls env
  let names := unique (sort nameLt (calledBy own []))
  let all := uniqueDecls (sort declLt (found env names own))
  let data : ModuleData := {
    isModule := true, imports := #[], constNames := listToArr (mapL declName all),
    constants := listToArr (mapL placeholder all), extraConstNames := #[],
    entries := #[(IR.declMapExt.name, unsafeCast (listToArr all)),
      (exportAttr.ext.name, unsafeCast (listToArr (exports env all)))] }
  saveModuleData file `UnsorryDriver data

unsafe def command (file : String) : Lean.Elab.Command.CommandElabM Unit := fun _ ref => do
  let s ← ref.get
  (save s.env file).toEIO (fun e => Exception.error .missing e.toString)

end Unsorry.Image

run_cmd unsafe Unsorry.Image.command "@OLEAN@"
