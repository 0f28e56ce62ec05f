;;; What a user of Emacs does in a file with holes; what came of it goes to a file.  -*- lexical-binding: t -*-
(require 'eglot)
(require 'flymake)
(require 'json)

;; The mode is one of Emacs' for Lean, which do not come with it.
(define-derived-mode lean4-mode prog-mode "Lean 4")

(defun wait-for (what done)
  "Wait until DONE is true, and complain of WHAT where that never is."
  (let ((deadline (+ (float-time) 60)))
    (while (not (funcall done))
      (when (> (float-time) deadline)
        (error "Waited in vain for %s" what))
      (accept-process-output nil 0.05))))

(defun wait-for-hints (count)
  "Wait for COUNT hints."
  (wait-for "the hints" (lambda () (= count (length (flymake-diagnostics))))))

(find-file (getenv "UNSORRY_FILE"))
(lean4-mode)
(apply #'eglot (eglot--guess-contact))
(wait-for-hints (string-to-number (getenv "UNSORRY_HINTS")))

(let ((hints (mapcar #'flymake-diagnostic-text (flymake-diagnostics)))
      ;; No key and no mouse began this.
      (last-nonmenu-event ?\r)
      offered fixed)
  (search-forward "sorry")
  (backward-char)
  (cl-letf (((symbol-function 'completing-read)
             (lambda (_prompt actions _predicate _require _initial _history default)
               (setq offered (mapcar #'car actions))
               default)))
    (call-interactively #'eglot-code-actions))
  (setq fixed (buffer-string))
  ;; Emacs does so when it is idle, and without a screen it never is.
  (eglot--signal-textDocument/didChange)
  (wait-for-hints (1- (length hints)))
  (save-buffer)
  (let ((told (json-encode `((hints . ,(vconcat hints)) (offered . ,(vconcat offered)) (fixed . ,fixed)
                             (saved . ,(buffer-string)))))
        (coding-system-for-write 'utf-8))
    (eglot-shutdown (eglot-current-server))
    (write-region told nil (getenv "UNSORRY_OUT"))))
