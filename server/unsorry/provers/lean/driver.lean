import Lean

/-!
# The Unsorry driver for Lean 4

One source for every Lean: native releases run it with `lean --run`, the embedded WebAssembly build runs it from a
compiled `.olean`.  It speaks JSON lines: a request a line on standard input, and on standard output lines that begin
with the token given as the first argument, so that nothing a user's file prints can be taken for an answer.

Requests are `{"id": n, "method": m, "params": {…}}`.  Answers are any number of `{"id": n, "item": …}` and then exactly
one of `{"id": n, "result": …}` and `{"id": n, "error": "…"}`.  A `cancel` request has no answer of its own: it makes the
request that it names end early.  Positions are byte offsets into the UTF-8 text.

The embedded build carries exported module data only, and its code generator can't see most of the library's private
helpers.  Hence the style of this file: local list functions instead of `List.map` and friends, recursion instead of
`for`, and monads of the elaborator applied to their contexts by hand.  Where releases differ, `by first | … | …` picks
the term that elaborates.
-/
open Lean Elab

namespace Unsorry

/-! ## Lists, without the parts of the library that the embedded code generator can't see -/

partial def mapL (f : α → β) : List α → List β
  | [] => []
  | x :: xs => f x :: mapL f xs

partial def appendL (xs ys : List α) : List α :=
  match xs with
  | [] => ys
  | x :: xs => x :: appendL xs ys

partial def revOnto (acc : List α) : List α → List α
  | [] => acc
  | x :: xs => revOnto (x :: acc) xs

def revL (xs : List α) : List α := revOnto [] xs

partial def lengthFrom (n : Nat) : List α → Nat
  | [] => n
  | _ :: xs => lengthFrom (n + 1) xs

def lengthL (xs : List α) : Nat := lengthFrom 0 xs

def isNil : List α → Bool
  | [] => true
  | _ => false

partial def anyL (p : α → Bool) : List α → Bool
  | [] => false
  | x :: xs => p x || anyL p xs

partial def filterL (p : α → Bool) : List α → List α
  | [] => []
  | x :: xs => if p x then x :: filterL p xs else filterL p xs

partial def forL [Monad m] (f : α → m Unit) : List α → m Unit
  | [] => pure ()
  | x :: xs => do f x; forL f xs

partial def mapML [Monad m] (f : α → m β) : List α → m (List β)
  | [] => pure []
  | x :: xs => do
    let y ← f x
    let ys ← mapML f xs
    pure (y :: ys)

def arrToListFrom (a : Array α) (i : Nat) (acc : List α) : List α :=
  match i with
  | 0 => acc
  | i + 1 => if h : i < a.size then arrToListFrom a i (a[i]'h :: acc) else arrToListFrom a i acc

def arrToList (a : Array α) : List α := arrToListFrom a a.size []

partial def listToArrOnto (acc : Array α) : List α → Array α
  | [] => acc
  | x :: xs => listToArrOnto (acc.push x) xs

def listToArr (xs : List α) : Array α := listToArrOnto #[] xs

def jarr (xs : List Json) : Json := Json.arr (listToArr xs)

def jstrs (xs : List String) : Json := jarr (mapL Json.str xs)

def jnat (n : Nat) : Json := Json.num (JsonNumber.fromNat n)

/-! ## Small differences between releases -/

/-- `s` from byte `a` to byte `b`. -/
def sub (s : String) (a b : Nat) : String := by
  first
  | exact String.Pos.Raw.extract s ⟨a⟩ ⟨b⟩
  | exact String.extract s ⟨a⟩ ⟨b⟩

/-- Waits for a promise; `none` if whoever should have kept it is gone. -/
def awaitPromise [Nonempty α] (p : IO.Promise α) : BaseIO (Option α) := by
  first
  | exact IO.wait p.result?
  | exact (do
      let a ← IO.wait p.result
      return some a)

/-- Is this name an axiom in its own module?  (What a module exports of a theorem looks like an axiom from outside.) -/
def isRealAxiom (env : Environment) (n : Name) : Bool := by
  first
  | exact match getOriginalConstKind? env n with
      | some .axiom => true
      | some _ => false
      | none => true
  | exact (n == n || env.contains n)

def isTheorem (env : Environment) (n : Name) : Bool := by
  first
  | exact match getOriginalConstKind? env n with
      | some .thm => true
      | _ => false
  | exact match env.find? n with
      | some (.thmInfo _) => true
      | _ => false

def inputContext (text fileName : String) : Parser.InputContext := by
  first
  | exact {
      inputString := text, fileName, fileMap := text.toFileMap, endPos := text.rawEndPos, endPos_valid := by simp }
  | exact {
      inputString := text, fileName, fileMap := text.toFileMap, endPos := text.endPos, endPos_valid := by simp }
  | exact { input := text, fileName, fileMap := text.toFileMap }
  | exact Parser.mkInputContext text fileName

/-- Was this thrown because the work was told to stop?  (The name moved in 4.18.) -/
def isInterruptId (id : InternalExceptionId) : Bool := by
  first
  | exact id == Lean.interruptExceptionId
  | exact id == Lean.Core.interruptExceptionId
  | exact (id == id && false)

/-- The value of a constant that has one, theorems too.  (What `ConstantInfo.value?` gives differs.) -/
def constValue? (info : ConstantInfo) : Option Expr :=
  match info with
  | .defnInfo v => some v.value
  | .thmInfo v => some v.value
  | .opaqueInfo v => some v.value
  | _ => none

def userName (n : Name) : Name := by
  first
  | exact privateToUserName n
  | exact match privateToUserName? n with
      | some u => u
      | none => n

def commandContext (fileName : String) (fileMap : FileMap) (pos : Nat) (tk : IO.CancelToken) : Command.Context := by
  first
  | exact { fileName, fileMap, cmdPos := ⟨pos⟩, snap? := none, cancelTk? := some tk }
  | exact { fileName, fileMap, cmdPos := ⟨pos⟩, snap? := none, tacticCache? := none, cancelTk? := some tk }
  | exact { fileName, fileMap, cmdPos := ⟨pos⟩, snap? := none, tacticCache? := none }

/-- `@[expose] public section`: without it the importers of a module see nothing of it, or no definition's body. -/
def makeVisible (s : Command.Scope) : Command.Scope := by
  first
  | exact (
      let none_ : Syntax := .node .none nullKind #[]
      let expose : Syntax := .node .none ``Lean.Parser.Attr.simple #[mkIdent `expose, none_]
      let kind : Syntax := .node .none ``Lean.Parser.Term.attrKind #[none_]
      { s with isPublic := true, attrs := [⟨.node .none ``Lean.Parser.Term.attrInstance #[kind, expose]⟩] })
  | exact { s with isPublic := true }
  | exact s

def importHeader (header : Syntax) (opts : Options) (inputCtx : Parser.InputContext) (mainModule : Name) :
    IO (Environment × MessageLog) := by
  first
  | exact processHeader ⟨header⟩ opts {} inputCtx (mainModule := mainModule)
  | exact (do
      let (env, messages) ← processHeader ⟨header⟩ opts {} inputCtx
      return (env.setMainModule mainModule, messages))
  | exact (do
      let (env, messages) ← processHeader header opts {} inputCtx
      return (env.setMainModule mainModule, messages))

/-! ## State -/

/-- A proof state that candidates are tried on.  `alternatives` has one entry for each time that the hole is reached
(`constructor <;> sorry` reaches it twice); a candidate proves the hole only if it closes each of them. -/
structure ProofState where
  env : Environment
  options : Options
  currNamespace : Name
  openDecls : List OpenDecl
  ngen : NameGenerator
  parentDecl? : Option Name
  fileMap : FileMap
  /-- Names that the command being elaborated declares: a proof of them must not use them. -/
  own : List Name
  alternatives : List (MetavarContext × List MVarId)

structure Hole where
  start : Nat
  stop : Nat
  kind : String
  state : Nat
  goals : List Json
  deriving Inhabited

/-- One elaborated command.  `after` is what the next command starts from. -/
structure Cmd where
  start : Nat
  stop : Nat
  stx : Syntax
  before : Command.State
  after : Command.State
  parserBefore : Parser.ModuleParserState
  parserAfter : Parser.ModuleParserState
  decls : List Name
  holes : List Hole
  json : Json

structure Doc where
  text : String
  fileName : String
  mainModule : Name
  headerText : String
  /-- Changes when something that the buffer imports has changed. -/
  stamp : String
  cmds : Array Cmd

/-- The request under way, as the reader and the timer see it. -/
structure Job where
  id : Nat
  token : IO.CancelToken

structure Server where
  prefix_ : String
  out : IO.FS.Stream
  docs : IO.Ref (List (String × Doc))
  states : IO.Ref (Array (Option ProofState))
  headers : IO.Ref (List (String × Environment × List Json))
  /-- The candidate under way: when it must end (milliseconds), and what to trip then. -/
  deadline : IO.Ref (Option (Nat × IO.CancelToken))
  timerIdle : IO.Ref Bool
  timerWake : IO.Ref (Option (IO.Promise Unit))
  job : IO.Ref (Option Job)
  cancelled : IO.Ref (List Nat)
  /-- Lines read and not yet handled, in order; `none` is the end of the input. -/
  queue : IO.Ref (List (Option String))
  queueWake : IO.Ref (Option (IO.Promise Unit))
  embedded : Bool
  /-- Commands elaborated so far, for whoever says that something needs none. -/
  elaborations : IO.Ref Nat

def say (sv : Server) (j : Json) : IO Unit := do
  sv.out.putStr (sv.prefix_ ++ j.compress ++ "\n")
  sv.out.flush

def sayItem (sv : Server) (id : Nat) (item : Json) : IO Unit :=
  say sv (Json.mkObj [("id", jnat id), ("item", item)])

/-! ## Messages -/

def severityName : MessageSeverity → String
  | .error => "error"
  | .warning => "warning"
  | .information => "information"

/-- A message's place in bytes: Lean gives line and column, in code points. -/
def messageJson (fileMap : FileMap) (m : Message) : IO Json := do
  let text ← m.data.toString
  let start := (fileMap.ofPosition m.pos).byteIdx
  let stop := match m.endPos with
    | some p => (fileMap.ofPosition p).byteIdx
    | none => start
  return Json.mkObj [
    ("severity", Json.str (severityName m.severity)), ("start", jnat start), ("end", jnat stop),
    ("text", Json.str text)]

def messagesJson (fileMap : FileMap) (log : MessageLog) : IO (List Json) :=
  mapML (messageJson fileMap) log.toList

def isErrorJson (j : Json) : Bool :=
  match j.getObjValAs? String "severity" with
  | .ok s => s == "error"
  | .error _ => false

def messageText (j : Json) : String :=
  match j.getObjValAs? String "text" with
  | .ok s => s
  | .error _ => ""

/-! ## Running the elaborator's monads by hand -/

def coreContext (st : ProofState) (opts : Options) (tk : IO.CancelToken) (heartbeats : Nat) : Core.Context := by
  first
  | exact {
      fileName := "<unsorry>", fileMap := st.fileMap, options := opts, currNamespace := st.currNamespace,
      openDecls := st.openDecls, maxRecDepth := maxRecDepth.get opts, initHeartbeats := heartbeats,
      maxHeartbeats := Core.getMaxHeartbeats opts, cancelTk? := some tk }
  | exact {
      fileName := "<unsorry>", fileMap := st.fileMap, options := opts, currNamespace := st.currNamespace,
      openDecls := st.openDecls, maxRecDepth := maxRecDepth.get opts, initHeartbeats := heartbeats,
      maxHeartbeats := Core.getMaxHeartbeats opts }

structure Run (α : Type) where
  value : Except String α
  interrupted : Bool
  core : Core.State
  meta_ : Meta.State

def isTimeout (e : Exception) : Bool :=
  match e with
  | .internal id _ => isInterruptId id
  | .error .. => e.isRuntime

/-- Runs `x` on the metavariable context `mctx`.  Never throws. -/
def runMeta (st : ProofState) (mctx : MetavarContext) (lctx : LocalContext) (insts : LocalInstances)
    (opts : Options) (tk : IO.CancelToken) (x : MetaM α) (explain : Bool := true) : BaseIO (Run α) := do
  let heartbeats ← IO.getNumHeartbeats
  let coreRef ← IO.mkRef ({ env := st.env, ngen := st.ngen } : Core.State)
  let metaRef ← IO.mkRef ({ mctx } : Meta.State)
  let coreCtx := coreContext st opts tk heartbeats
  let result ← (EIO.toBaseIO (x { lctx, localInstances := insts } metaRef coreCtx coreRef))
  let core ← coreRef.get
  let metaState ← metaRef.get
  match result with
  | .ok a => return { value := .ok a, interrupted := false, core, meta_ := metaState }
  | .error e =>
    -- Printing a message costs more than many a tactic: it shows the whole goal.
    let text ← if explain then EIO.toBaseIO (e.toMessageData.toString : IO String) else pure (.ok "" : Except IO.Error String)
    let text := match text with
      | .ok s => s
      | .error _ => "the prover's message can't be shown"
    -- Some releases (4.11 to 4.13) hide a time limit inside an ordinary error, so the token and the count have a say.
    let stopped ← tk.isSet
    let used ← IO.getNumHeartbeats
    let limit := Core.getMaxHeartbeats opts
    let spent := limit != 0 && used - heartbeats > limit
    return { value := .error text, interrupted := isTimeout e || stopped || spent, core, meta_ := metaState }

def withLocals (lctx : LocalContext) (insts : LocalInstances) (x : MetaM α) : MetaM α :=
  fun ctx => x { ctx with lctx, localInstances := insts }

/-! ## Goals, as text and as a shape for the rules -/

def cleanName (n : Name) : String := n.eraseMacroScopes.toString

def constText (n : Name) : MetaM String := do
  let info ← getConstInfo n
  let e := mkConst n (mapL mkLevelParam info.levelParams)
  let f ← Meta.ppExpr e
  let s := f.pretty 100000
  return if s.startsWith "@" then sub s 1 s.utf8ByteSize else s

/-- Does a type end in this one, behind all its arrows? -/
partial def endsIn (n : Name) (type : Expr) : Bool :=
  match type with
  | .forallE _ _ b _ => endsIn n b
  | .mdata _ b => endsIn n b
  | _ => type.getAppFn.isConstOf n

/-- The explicit arguments of a constructor of `n` behind the first `skip` ones; what can't be written has no name. -/
partial def fieldsJson (n : Name) (type : Expr) (skip : Nat) : List Json :=
  match type with
  | .mdata _ b => fieldsJson n b skip
  | .forallE x t b info =>
    if skip > 0 then fieldsJson n b (skip - 1)
    else if info.isExplicit then
      let name := if x.hasMacroScopes || x.isAnonymous then "" else x.toString
      Json.mkObj [("name", Json.str name), ("recursive", Json.bool (endsIn n t))] :: fieldsJson n b 0
    else fieldsJson n b 0
  | _ => []

/-- The inductive type behind a local's type, if there is one. -/
def inductiveJson (type : Expr) : MetaM Json := do
  let type ← Meta.whnfR type
  match type.getAppFn with
  | .const n _ =>
    match (← getEnv).find? n with
    | some (.inductInfo v) =>
      let ctors ← mapML (fun c => constText c) v.ctors
      let env ← getEnv
      let fields (c : Name) : Json := match env.find? c with
        | some info => jarr (fieldsJson n info.type v.numParams)
        | none => jarr []
      return Json.mkObj [
        ("name", Json.str n.toString), ("constructors", jstrs ctors), ("recursive", Json.bool v.isRec),
        ("indices", jnat v.numIndices), ("parameters", jnat v.numParams), ("fields", jarr (mapL fields v.ctors))]
    | _ => return Json.null
  | _ => return Json.null

def headName (e : Expr) : Json :=
  match e.getAppFn with
  | .const n _ => Json.str n.toString
  | .forallE .. => Json.str "∀"
  | .sort _ => Json.str "Sort"
  | .fvar _ => Json.str "fvar"
  | .lam .. => Json.str "λ"
  | .mdata _ e => match e.getAppFn with
    | .const n _ => Json.str n.toString
    | _ => Json.str ""
  | _ => Json.str ""

/-- The conclusion of a statement: what is left after its binders. -/
partial def conclusion : Expr → Expr
  | .forallE _ _ b _ => conclusion b
  | .mdata _ e => conclusion e
  | e => e

partial def countPis : Expr → Nat
  | .forallE _ _ b _ => countPis b + 1
  | .mdata _ e => countPis e
  | _ => 0

def fvarName (lctx : LocalContext) (id : FVarId) : Json :=
  match lctx.find? id with
  | some d => Json.str (cleanName d.userName)
  | none => Json.null

partial def argNames (lctx : LocalContext) : List Expr → List Json
  | [] => []
  | .fvar id :: es => fvarName lctx id :: argNames lctx es
  | _ :: es => Json.null :: argNames lctx es

def nameMember (n : Name) (ns : List Name) : Bool := anyL (fun m => m == n) ns

def appArgs : Expr → List Expr → List Expr
  | .app f a, acc => appArgs f (a :: acc)
  | _, acc => acc

/-- Constants of `e`, each once, in order of appearance, and its applications of constants to arguments. -/
partial def collectConsts (e : Expr) (seen : List Name × List (Name × List Expr)) :
    List Name × List (Name × List Expr) :=
  match e with
  | .const n _ => if nameMember n seen.1 then seen else (n :: seen.1, seen.2)
  | .app .. =>
    let f := e.getAppFn
    let args := appArgs e []
    let seen := match f with
      | .const n _ => (seen.1, (n, args) :: seen.2)
      | _ => seen
    goArgs (f :: args) seen
  | .lam _ t b _ => collectConsts b (collectConsts t seen)
  | .forallE _ t b _ => collectConsts b (collectConsts t seen)
  | .letE _ t v b _ => collectConsts b (collectConsts v (collectConsts t seen))
  | .mdata _ e => collectConsts e seen
  | .proj _ _ e => collectConsts e seen
  | _ => seen
where
  goArgs : List Expr → List Name × List (Name × List Expr) → List Name × List (Name × List Expr)
    | [], seen => seen
    | a :: as, seen => goArgs as (collectConsts a seen)

def moduleOf (env : Environment) (n : Name) : Json :=
  match env.getModuleIdxFor? n with
  | none => Json.null
  | some i => match env.header.moduleNames[i.toNat]? with
    | some m => Json.str m.toString
    | none => Json.null

def constKind (env : Environment) (n : Name) : String :=
  match env.find? n with
  | some (.defnInfo _) => "def"
  | some (.thmInfo _) => "theorem"
  | some (.axiomInfo _) => if isTheorem env n then "theorem" else "axiom"
  | some (.opaqueInfo _) => "opaque"
  | some (.ctorInfo _) => "constructor"
  | some (.inductInfo _) => "inductive"
  | some (.recInfo _) => "recursor"
  | some (.quotInfo _) => "quot"
  | none => "unknown"

/-- Is this a constant that a rule could want to see?  Instances and matchers of the compiler are noise. -/
def isInteresting (env : Environment) (n : Name) : Bool :=
  !(userName n).isInternal && !(constKind env n == "recursor") && !Meta.isMatcherCore env n

/-- Constants in the body of a definition. -/
def bodyConsts (env : Environment) (n : Name) : List Name :=
  match env.find? n with
  | some (.defnInfo v) => arrToList v.value.getUsedConstants
  | _ => []

def lastPart : Name → String
  | .str _ s => s
  | _ => ""

/-- How a definition calls itself: in the end Lean compiles recursion to one of these. -/
def recursionOf (env : Environment) (n : Name) : String :=
  let parts := mapL lastPart (bodyConsts env n)
  if anyL (fun s => s.startsWith "brecOn") parts then "structural"
  else if anyL (fun s => s == "fix" || s == "_unary" || s == "_mutual") parts then "well-founded"
  else ""

/-- What the bodies of this file's definitions among `ns` mention: definitions and inductive types of this file, and what
they use of others. -/
def nestedConsts (env : Environment) (ns : List Name) : List Name × List Name :=
  go 200 (filterL own ns) ([], [])
where
  own (n : Name) : Bool := env.getModuleIdxFor? n == none
  go : Nat → List Name → List Name × List Name → List Name × List Name
    | 0, _, found => found
    | _, [], found => found
    | fuel + 1, n :: rest, (mine, others) =>
      let used := filterL (fun m => !nameMember m ns && !nameMember m mine && !nameMember m others) (bodyConsts env n)
      let shown := filterL (fun m => own m && isInteresting env m && isKind (constKind env m)) used
      let hidden := filterL (fun m => own m && !isInteresting env m && !nameMember m rest) used
      let foreign := filterL (fun m => !own m && isInteresting env m) used
      go fuel (appendL hidden rest) (appendL mine shown, appendL others foreign)
  isKind (k : String) : Bool := k == "def" || k == "inductive"

/-- Numbers of a function's explicit arguments among all of its arguments. -/
partial def explicitPlaces (type : Expr) (i : Nat) : List Nat :=
  match type with
  | .forallE _ _ b .default => i :: explicitPlaces b (i + 1)
  | .forallE _ _ b _ => explicitPlaces b (i + 1)
  | .mdata _ e => explicitPlaces e i
  | _ => []

partial def indexIn (n : Nat) (ns : List Nat) (i : Nat) : Option Nat :=
  match ns with
  | [] => none
  | m :: ms => if m == n then some i else indexIn n ms (i + 1)

partial def nthL (i : Nat) : List α → Option α
  | [] => none
  | x :: xs => if i == 0 then some x else nthL (i - 1) xs

partial def dropL (i : Nat) (xs : List α) : List α :=
  match xs with
  | [] => []
  | _ :: ys => if i == 0 then xs else dropL (i - 1) ys

partial def underLams (e : Expr) (n : Nat) : Expr × Nat :=
  match e with
  | .lam _ _ b _ => underLams b (n + 1)
  | .mdata _ e => underLams e n
  | e => (e, n)

/-- Which explicit argument a definition recurses on, and which of them change on the way (accumulators), where its
recursion is structural. -/
def recursionPlaces (env : Environment) (type value : Expr) : Option Nat × List Nat :=
  let (body, depth) := underLams value 0
  let explicit := explicitPlaces type 0
  let place (e : Expr) : Option Nat := match e with
    | .bvar k => indexIn (depth - 1 - k) explicit 0
    | _ => none
  match body.getAppFn with
  | .const (.str t s) _ =>
    if s.startsWith "brecOn" then
      match env.find? t, env.find? (.str t "rec") with
      | some (.inductInfo v), some (.recInfo r) =>
        let indices := if s == "brecOn" then v.numIndices else 0
        let args := dropL (v.numParams + r.numMotives) (appArgs body [])
        let major := match nthL indices args with
          | some e => place e
          | none => none
        (major, places place (dropL (indices + 1 + r.numMotives) args))
      | _, _ => (none, [])
    else (none, [])
  | _ => (none, [])
where
  places (f : Expr → Option Nat) : List Expr → List Nat
    | [] => []
    | e :: es => match f e with
      | some i => i :: places f es
      | none => places f es

def constJson (n : Name) : MetaM Json := do
  let env ← getEnv
  let text ← constText n
  let (type, places) := match env.find? n with
    | some info => (info.type, match info with
      | .defnInfo v => recursionPlaces env v.type v.value
      | _ => (none, []))
    | none => (mkSort levelZero, (none, []))
  let kind := if (env.getProjectionFnInfo? n).isSome then "projection" else constKind env n
  return Json.mkObj [
    ("name", Json.str n.toString), ("text", Json.str text), ("kind", Json.str kind), ("module", moduleOf env n),
    ("prop", Json.bool (conclusion type).isProp), ("recursion", Json.str (recursionOf env n)),
    ("major", match places.1 with
      | some i => jnat i
      | none => Json.null),
    ("varying", jarr (mapL jnat places.2))]

def localJson (d : LocalDecl) : MetaM Json := do
  let type ← instantiateMVars d.type
  let isProp ← Meta.isProp type
  let text := (← Meta.ppExpr type).pretty 100
  let ind ← inductiveJson type
  let isType := type.isSort || (conclusion type).isSort
  let concl := conclusion type
  let value ← match d.value? with
    | some v => do
      let f ← Meta.ppExpr (← instantiateMVars v)
      pure (Json.str (f.pretty 100))
    | none => pure Json.null
  return Json.mkObj [
    ("name", Json.str (cleanName d.userName)), ("type", Json.str text),
    ("accessible", Json.bool (!d.userName.hasMacroScopes && !d.userName.isInternal)),
    ("prop", Json.bool isProp), ("isType", Json.bool isType),
    ("instance", Json.bool (d.binderInfo.isInstImplicit)), ("binders", jnat (countPis type)),
    ("head", headName concl), ("inductive", ind), ("value", value)]

partial def localsJson : List (Option LocalDecl) → MetaM (List Json)
  | [] => return []
  | none :: ds => localsJson ds
  | some d :: ds => do
    if d.isImplementationDetail || d.isAuxDecl then
      localsJson ds
    else
      let j ← localJson d
      let js ← localsJson ds
      return j :: js

/-- The local declarations in order. -/
def localDecls (lctx : LocalContext) : List (Option LocalDecl) := go lctx.decls.size []
where
  go (i : Nat) (acc : List (Option LocalDecl)) : List (Option LocalDecl) :=
    match i with
    | 0 => acc
    | i + 1 => go i (lctx.getAt? i :: acc)

/-- The shape of a goal: what the rules look at. -/
def shapeFields (lctx : LocalContext) (target : Expr) : MetaM (List (String × Json)) := do
  let locals ← localsJson (localDecls lctx)
  let targetText := (← Meta.ppExpr target).pretty 100
  let env ← getEnv
  let localTypes ← mapML (fun (d? : Option LocalDecl) => match d? with
    | some d => if d.isAuxDecl then pure (mkSort levelZero) else instantiateMVars d.type
    | none => pure (mkSort levelZero)) (localDecls lctx)
  let (consts, apps) := collectConsts target ([], [])
  let (hypConsts, hypApps) := collectAll localTypes (consts, apps)
  let consts' := filterL (isInteresting env) (revL consts)
  let hypConsts' := filterL (fun n => isInteresting env n && !nameMember n consts) (revL hypConsts)
  let appsJson := mapL (fun ((n, args) : Name × List Expr) => Json.mkObj [
      ("name", Json.str n.toString), ("arguments", jarr (argNames lctx (explicitArgs env n args)))])
    (filterL (fun (p : Name × List Expr) => constKind env p.1 == "def" && env.getModuleIdxFor? p.1 == none)
      (revL hypApps))
  let targetIsProp ← Meta.isProp target
  let whnfTarget ← Meta.whnfR target
  let constsJson ← mapML constJson consts'
  let hypConstsJson ← mapML constJson hypConsts'
  let (nested, nestedLibrary) := nestedConsts env (appendL consts' hypConsts')
  let nestedJson ← mapML constJson nested
  let inductive_ ← inductiveJson target
  let bound := match whnfTarget with
    | .forallE _ t _ _ => some t
    | e => if e.isAppOfArity ``Exists 2 then some e.appFn!.appArg! else none
  let (boundText, boundInductive) ← match bound with
    | some t => do
      let f ← Meta.ppExpr t
      let i ← inductiveJson t
      pure (Json.str (f.pretty 100), i)
    | none => pure (Json.str "", Json.null)
  return [
    ("target", Json.str targetText), ("locals", jarr locals), ("head", headName target),
    ("prop", Json.bool targetIsProp), ("whnfHead", headName whnfTarget), ("inductive", inductive_),
    ("constants", jarr constsJson), ("hypothesisConstants", jarr hypConstsJson), ("applications", jarr appsJson),
    ("nested", jarr nestedJson),
    ("nestedLibrary", jstrs (mapL Name.toString nestedLibrary)), ("bound", boundText), ("boundInductive", boundInductive)]
where
  collectAll : List Expr → List Name × List (Name × List Expr) → List Name × List (Name × List Expr)
    | [], seen => seen
    | e :: es, seen => collectAll es (collectConsts e seen)
  explicitArgs (env : Environment) (n : Name) (args : List Expr) : List Expr :=
    match env.find? n with
    | some info => pick args (explicitPlaces info.type 0)
    | none => args
  pick (args : List Expr) : List Nat → List Expr
    | [] => []
    | i :: is => match nthL i args with
      | some a => a :: pick args is
      | none => []

/-- A local context with one variable more, under a name that is free and can be written. -/
def withVariable (n : Name) (type : Expr) (bi : BinderInfo) (x : Name → Expr → MetaM α) : MetaM α := fun ctx => do
  let lctx := ctx.lctx
  let isProp ← Meta.isProp type ctx
  let id ← (mkFreshFVarId : MetaM FVarId) ctx
  let plain := !n.hasMacroScopes && !n.isInternal && !n.isAnonymous
  let name := lctx.getUnusedName (if plain then n else if isProp then `h else `x)
  withLocals (lctx.mkLocalDecl id name type bi) ctx.localInstances (x name (.fvar id)) ctx

/-- The shape of the goal behind the binders of `target`, and the tactic that gets there. -/
partial def innerOf (target : Expr) (opening : String) : MetaM Json := do
  match target.consumeMData with
  | .forallE n t b bi => if opening.startsWith "funext" then leave else
    withVariable n t bi fun name x =>
      innerOf (b.instantiate1 x) ((if opening == "" then "intro" else opening) ++ " " ++ name.toString)
  | e =>
    if e.isAppOfArity ``Eq 3 && !opening.startsWith "intro" then
      match ← Meta.whnfR e.appFn!.appFn!.appArg! with
      | .forallE n t _ bi => withVariable n t bi fun name x => do
        let next ← Meta.mkEq (mkApp e.appFn!.appArg! x).headBeta (mkApp e.appArg! x).headBeta
        innerOf next ((if opening == "" then "funext" else opening) ++ " " ++ name.toString)
      | _ => leave
    else if (e.isAppOf ``Ne || e.isAppOf ``Not) && !opening.startsWith "funext" then innerOf (← Meta.whnf e) opening
    else leave
where
  leave : MetaM Json := do
    if opening == "" then return Json.null
    let fields ← shapeFields (← getLCtx) target
    return Json.mkObj (("pretty", Json.str "") :: ("case", Json.null) :: ("opening", Json.str opening) ::
      ("inner", Json.null) :: fields)

/-- What is behind the binders: those that are written, and those of a proposition that stands for a ∀. -/
def innerJson (target : Expr) : MetaM Json := do
  let whnf? ← if (← Meta.isProp target) && !target.isAppOf ``Eq then Meta.whnf target else pure target
  innerOf (if whnf?.isForall then whnf? else target) ""

def goalJson (goal : MVarId) : MetaM Json := do
  let decl ← goal.getDecl
  let target ← instantiateMVars decl.type
  withLocals decl.lctx decl.localInstances do
    let pretty ← Meta.ppGoal goal
    let fields ← shapeFields decl.lctx target
    let inner ← innerJson target
    return Json.mkObj (
      ("pretty", Json.str (pretty.pretty 100)) :: ("opening", Json.str "") :: ("inner", inner) ::
      ("case", if decl.userName.isAnonymous then Json.null else Json.str (cleanName decl.userName)) :: fields)

/-- A goal's JSON, or a plain one if the shape can't be computed (the text always can). -/
def goalJsonSafe (st : ProofState) (mctx : MetavarContext) (tk : IO.CancelToken) (goal : MVarId) : BaseIO Json := do
  let r ← runMeta st mctx {} #[] st.options tk (goalJson goal)
  match r.value with
  | .ok j => return j
  | .error e => return Json.mkObj [("pretty", Json.str ("⊢ ?  -- " ++ e)), ("target", Json.str "?")]

/-- A goal's text alone: what a user sees of a step that is not followed up. -/
def goalBrief (st : ProofState) (mctx : MetavarContext) (tk : IO.CancelToken) (goal : MVarId) : BaseIO Json := do
  let r ← runMeta st mctx {} #[] st.options tk (do
    let f ← Meta.ppGoal goal
    return Json.mkObj [("pretty", Json.str (f.pretty 100)), ("target", Json.str "")])
  match r.value with
  | .ok j => return j
  | .error e => return Json.mkObj [("pretty", Json.str ("⊢ ?  -- " ++ e)), ("target", Json.str "?")]

def briefGoalsOf (st : ProofState) (tk : IO.CancelToken) : BaseIO (List Json) := do
  match st.alternatives with
  | [] => return []
  | (mctx, goals) :: _ => mapML (goalBrief st mctx tk) goals

def goalsOf (st : ProofState) (tk : IO.CancelToken) : BaseIO (List Json) := do
  match st.alternatives with
  | [] => return []
  | (mctx, goals) :: _ => mapML (goalJsonSafe st mctx tk) goals

def keepState (sv : Server) (st : ProofState) : BaseIO Nat := do
  let states ← sv.states.get
  sv.states.set (states.push (some st))
  return states.size

/-! ## Info trees -/

partial def persistentNode (n : PersistentArrayNode α) (acc : List α) : List α :=
  match n with
  | .leaf vs => arrToListFrom vs vs.size acc
  | .node cs => go (revL (arrToList cs)) acc
where
  go : List (PersistentArrayNode α) → List α → List α
    | [], acc => acc
    | c :: cs, acc => go cs (persistentNode c acc)

def persistentToList (a : PersistentArray α) : List α :=
  persistentNode a.root (arrToListFrom a.tail a.tail.size [])

/-- All nodes of an info tree in order, each with the context it was elaborated in. -/
partial def infosOf (ctx? : Option ContextInfo) (t : InfoTree) (acc : List (ContextInfo × Info)) :
    List (ContextInfo × Info) :=
  match t with
  | .context c t => infosOf (c.mergeIntoOuter? ctx?) t acc
  | .node i ts =>
    let acc := match ctx? with
      | some ctx => (ctx, i) :: acc
      | none => acc
    goAll (i.updateContext? ctx?) (persistentToList ts) acc
  | .hole _ => acc
where
  goAll (ctx? : Option ContextInfo) : List InfoTree → List (ContextInfo × Info) → List (ContextInfo × Info)
    | [], acc => acc
    | t :: ts, acc => goAll ctx? ts (infosOf ctx? t acc)

def commandInfos (s : Command.State) : List (ContextInfo × Info) :=
  revL (go (persistentToList s.infoState.trees) [])
where
  go : List InfoTree → List (ContextInfo × Info) → List (ContextInfo × Info)
    | [], acc => acc
    | t :: ts, acc => go ts (infosOf none t acc)

/-- Names that this command declared, as its binder occurrences say, without those known before. -/
def declaredNames (before after : Environment) (infos : List (ContextInfo × Info)) : List Name :=
  go infos []
where
  go : List (ContextInfo × Info) → List Name → List Name
    | [], acc => revL acc
    | (_, .ofTermInfo i) :: is, acc =>
      match i.isBinder, i.expr with
      | true, .const n _ =>
        if nameMember n acc || before.contains n || !after.contains n then go is acc else go is (n :: acc)
      | _, _ => go is acc
    | _ :: is, acc => go is acc

/-! ## Holes -/

structure SyntaxHole where
  start : Nat
  stop : Nat
  kind : String

def holeKindOf (k : SyntaxNodeKind) (word : String) : String :=
  if word == "admit" then "admit" else if k == ``Lean.Parser.Term.sorry then "term" else "tactic"

/-- `sorry` and `admit` as the user wrote them, in the order of the text. -/
partial def syntaxHoles (stx : Syntax) (acc : List SyntaxHole) : List SyntaxHole :=
  match stx with
  | .node _ k args =>
    let acc := match arrToList args with
      | [.atom info word] =>
        if word == "sorry" || word == "admit" then
          match info with
          | .original _ pos _ stop => { start := pos.byteIdx, stop := stop.byteIdx, kind := holeKindOf k word } :: acc
          | _ => acc
        else acc
      | _ => acc
    go (arrToList args) acc
  | _ => acc
where
  go : List Syntax → List SyntaxHole → List SyntaxHole
    | [], acc => acc
    | s :: ss, acc => go ss (syntaxHoles s acc)

/-- Where the body of the first declaration begins. -/
partial def bodyStart? (stx : Syntax) : Option Nat :=
  match stx with
  | .node _ k args =>
    if k == ``Lean.Parser.Command.declValSimple || k == ``Lean.Parser.Command.declValEqns
        || k == ``Lean.Parser.Command.whereStructInst then
      match stx.getPos? true with
      | some p => some p.byteIdx
      | none => none
    else go (arrToList args)
  | _ => none
where
  go : List Syntax → Option Nat
    | [] => none
    | s :: ss => match bodyStart? s with
      | some n => some n
      | none => go ss

def sameRange (stx : Syntax) (a b : Nat) : Bool :=
  match stx.getPos? true, stx.getTailPos? true with
  | some p, some q => p.byteIdx == a && q.byteIdx == b
  | _, _ => false

/-- The tactic states at a tactic hole: one for each time it was run. -/
def tacticStates (h : SyntaxHole) : List (ContextInfo × Info) → List (ContextInfo × MetavarContext × MVarId) →
    List (ContextInfo × MetavarContext × MVarId)
  | [], acc => revL acc
  | (ctx, .ofTacticInfo i) :: is, acc =>
    if sameRange i.stx h.start h.stop then
      match i.goalsBefore with
      | g :: _ =>
        if anyL (fun ((_, _, g') : ContextInfo × MetavarContext × MVarId) => g' == g) acc then tacticStates h is acc
        else tacticStates h is ((ctx, i.mctxBefore, g) :: acc)
      | [] => tacticStates h is acc
    else tacticStates h is acc
  | _ :: is, acc => tacticStates h is acc

/-- The last elaboration of a term hole. -/
def termInfo? (h : SyntaxHole) : List (ContextInfo × Info) → Option (ContextInfo × TermInfo) →
    Option (ContextInfo × TermInfo)
  | [], acc => acc
  | (ctx, .ofTermInfo i) :: is, acc =>
    if sameRange i.stx h.start h.stop then termInfo? h is (some (ctx, i)) else termInfo? h is acc
  | _ :: is, acc => termInfo? h is acc

/-- What a command declares, and the environment that it started from. -/
structure Around where
  before : Environment
  own : List Name

def stateOf (around : Around) (ctx : ContextInfo) (alternatives : List (MetavarContext × List MVarId)) : ProofState :=
  { env := around.before, options := ctx.options, currNamespace := ctx.currNamespace, openDecls := ctx.openDecls,
    ngen := ctx.ngen, parentDecl? := ctx.parentDecl?, fileMap := ctx.fileMap, own := around.own, alternatives }

partial def allKnown (env : Environment) : List Name → Bool
  | [] => true
  | n :: ns => env.contains n && allKnown env ns

/-- Do the goals mention nothing that `env` lacks? -/
def goalsKnownIn (env : Environment) (st : ProofState) (tk : IO.CancelToken) : BaseIO Bool := do
  let known (goal : MVarId) : MetaM Bool := do
    let decl ← goal.getDecl
    let target ← instantiateMVars decl.type
    let types ← mapML (fun (d? : Option LocalDecl) => match d? with
      | some d => do
        let t ← instantiateMVars d.type
        match d.value? with
        | some v => do
          let v ← instantiateMVars v
          pure (mkApp t v)
        | none => pure t
      | none => pure target) (localDecls decl.lctx)
    return allKnown env (collectTypes (target :: types) ([], [])).1
  let go (p : MetavarContext × List MVarId) : BaseIO Bool := do
    let r ← runMeta st p.1 {} #[] st.options tk (do
      let ks ← mapML known p.2
      return !anyL not ks)
    match r.value with
    | .ok b => return b
    | .error _ => return false
  let ks ← mapML go st.alternatives
  return !anyL not ks
where
  collectTypes : List Expr → List Name × List (Name × List Expr) → List Name × List (Name × List Expr)
    | [], seen => seen
    | e :: es, seen => collectTypes es (collectConsts e seen)

/-- The environment that an information tree carries can hold the declaration itself by the time it is read, and then
`exact?` proves a theorem by that theorem.  So a hole's state starts from the environment before the command, unless its
goal mentions something that the command made on the way (the matcher of a `match`, say). -/
def settleEnvironment (ctx : ContextInfo) (st : ProofState) (tk : IO.CancelToken) : BaseIO ProofState := do
  if ← goalsKnownIn st.env st tk then return st else return { st with env := ctx.env }

/-- A fresh goal for a term hole, in the local context of the term. -/
def termGoal (around : Around) (ctx : ContextInfo) (i : TermInfo) (tk : IO.CancelToken) :
    BaseIO (Option ProofState) := do
  let base := { stateOf around ctx [] with env := ctx.env }
  let mk : MetaM MVarId := do
    let type ← match i.expectedType? with
      | some t => pure t
      | none => Meta.inferType i.expr
    let type ← instantiateMVars type
    if type.hasExprMVar then throwError "the type of this hole is not known"
    let goal ← Meta.mkFreshExprSyntheticOpaqueMVar type
    return goal.mvarId!
  let withInsts : MetaM MVarId := do
    let insts ← localInstancesOf (localDecls i.lctx) #[]
    withLocals i.lctx insts mk
  let r ← runMeta base ctx.mctx {} #[] ctx.options tk withInsts
  match r.value with
  | .ok g =>
    let st := { base with env := around.before, ngen := r.core.ngen, alternatives := [(r.meta_.mctx, [g])] }
    return some (← settleEnvironment ctx st tk)
  | .error _ => return none
where
  localInstancesOf : List (Option LocalDecl) → LocalInstances → MetaM LocalInstances
    | [], acc => return acc
    | none :: ds, acc => localInstancesOf ds acc
    | some d :: ds, acc => do
      match ← Meta.isClass? d.type with
      | some c => localInstancesOf ds (acc.push { className := c, fvar := d.toExpr })
      | none => localInstancesOf ds acc

def holeOf (sv : Server) (around : Around) (infos : List (ContextInfo × Info)) (tk : IO.CancelToken)
    (h : SyntaxHole) : BaseIO Hole := do
  let st? ← if h.kind == "term" then
      match termInfo? h infos none with
      | some (ctx, i) => termGoal around ctx i tk
      | none => pure none
    else
      match tacticStates h infos [] with
      | [] => pure none
      | (ctx, mctx, g) :: rest =>
        let alternatives := (mctx, [g]) :: mapL
          (fun ((_, m, g) : ContextInfo × MetavarContext × MVarId) => (m, [g])) rest
        pure (some (← settleEnvironment ctx (stateOf around ctx alternatives) tk))
  match st? with
  | none => return { start := h.start, stop := h.stop, kind := h.kind, state := 0, goals := [] }
  | some st =>
    let goals ← goalsOf st tk
    let state ← keepState sv st
    return { start := h.start, stop := h.stop, kind := h.kind, state := state + 1, goals }

def holeJson (h : Hole) : Json :=
  Json.mkObj [
    ("start", jnat h.start), ("end", jnat h.stop), ("kind", Json.str h.kind),
    ("state", if h.state == 0 then Json.null else jnat (h.state - 1)), ("goals", jarr h.goals)]

/-! ## Elaborating commands -/

/-- Linters cost time and their warnings are no business of ours; asynchronous elaboration would leave the state
half-filled. -/
def quiet (opts : Options) : Options :=
  (opts.setBool `linter.all false).setBool `Elab.async false

/-- A file may switch on again what `quiet` switched off. -/
def quieted (s : Command.State) : Command.State :=
  { s with scopes := mapL (fun (sc : Command.Scope) => { sc with opts := quiet sc.opts }) s.scopes }

def elabOne (sv : Server) (fileName : String) (fileMap : FileMap) (pos : Nat) (tk : IO.CancelToken) (s : Command.State)
    (stx : Syntax) : BaseIO (Command.State × Bool) := do
  sv.elaborations.modify (· + 1)
  let ref ← IO.mkRef { quieted s with messages := {}, infoState := { enabled := true }, traceState := {} }
  let ctx := commandContext fileName fileMap pos tk
  let r ← EIO.toBaseIO (Command.elabCommandTopLevel stx ctx ref)
  let s ← ref.get
  match r with
  | .ok _ => return (s, false)
  | .error _ =>
    let stopped ← tk.isSet
    return (s, stopped)

def topOptions (s : Command.State) : Options × Name × List OpenDecl :=
  match s.scopes with
  | sc :: _ => (sc.opts, sc.currNamespace, sc.openDecls)
  | [] => ({}, .anonymous, [])

def parseOne (inputCtx : Parser.InputContext) (s : Command.State) (ps : Parser.ModuleParserState) :
    Syntax × Parser.ModuleParserState × MessageLog :=
  let (opts, ns, opened) := topOptions s
  Parser.parseCommand inputCtx { env := s.env, options := opts, currNamespace := ns, openDecls := opened } ps {}

def declJson (env : Environment) (n : Name) : Json :=
  Json.mkObj [("name", Json.str n.toString), ("kind", Json.str (constKind env n))]

def hasErrors (js : List Json) : Bool := anyL isErrorJson js

def forgetStates (sv : Server) (ids : List Nat) : BaseIO Unit :=
  forL (fun i => sv.states.modify fun a => if i < a.size then a.set! i none else a) ids

def forgetHoles (sv : Server) (holes : List Hole) : BaseIO Unit :=
  forgetStates sv (mapL (fun h => h.state - 1) (filterL (fun h => h.state != 0) holes))

def forgetCmd (sv : Server) (c : Cmd) : BaseIO Unit := forgetHoles sv c.holes

/-- What the buffer's first command starts from. -/
def initialState (sv : Server) (env : Environment) (opts : Options) (visible : Bool) : Command.State :=
  let s := Command.mkState env {} (quiet opts)
  -- In a file that is no module, a public declaration may mention a private one.
  let opts := if visible then
      ((opts.setBool `backward.privateInPublic true).setBool `backward.privateInPublic.warn false).setBool
        `backward.proofsInPublic true
    else opts
  let scope : Command.Scope := { header := "", opts := quiet opts, isNoncomputable := sv.embedded }
  { s with scopes := [if visible then makeVisible scope else scope] }

structure Opened where
  doc : Doc
  elaborated : Nat
  reused : Nat
  stopped : Bool


/-- The commands that an edit at byte `same` can't have touched. -/
def takeReusable (limit : Nat) : List Cmd → List Cmd
  | [] => []
  | c :: cs => if c.stop < limit then c :: takeReusable limit cs else []

/-- The last of them is parsed again: what follows a command can change how it is read. -/
def dropIfReadOtherwise (inputCtx : Parser.InputContext) : List Cmd → List Cmd
  | [] => []
  | [c] =>
    let (stx, ps, _) := parseOne inputCtx c.before c.parserBefore
    if stx == c.stx && ps.pos == c.parserAfter.pos then [c]
    else if stx == c.stx then [{ c with parserAfter := ps }]
    else []
  | c :: cs => c :: dropIfReadOtherwise inputCtx cs

def innerKind (stx : Syntax) : String :=
  if stx.getKind == ``Lean.Parser.Command.declaration then stx[1].getKind.toString else stx.getKind.toString

def tailOf (stx : Syntax) (fallback : Nat) : Nat :=
  match stx.getTailPos? true with
  | some p => p.byteIdx
  | none => fallback

def headOf (stx : Syntax) (fallback : Nat) : Nat :=
  match stx.getPos? true with
  | some p => p.byteIdx
  | none => fallback

structure Source where
  inputCtx : Parser.InputContext
  fileName : String

def elabCommandAt (sv : Server) (src : Source) (tk : IO.CancelToken) (before : Command.State)
    (ps : Parser.ModuleParserState) (stx : Syntax) (ps' : Parser.ModuleParserState) (parseMessages : MessageLog) :
    IO (Option Cmd) := do
  let start := headOf stx ps.pos.byteIdx
  let stop := tailOf stx ps'.pos.byteIdx
  let fileMap := src.inputCtx.fileMap
  let (after, stopped) ← elabOne sv src.fileName fileMap start tk before stx
  if stopped || (← tk.isSet) then return none
  let infos := commandInfos after
  let decls := declaredNames before.env after.env infos
  let holes ← mapML (fun h => (holeOf sv { before := before.env, own := decls } infos tk h : IO Hole)) (revL (syntaxHoles stx []))
  -- Told to stop on the way, the goals of the holes may be lacking.
  if ← tk.isSet then
    forgetHoles sv holes
    return none
  let ms1 ← messagesJson fileMap parseMessages
  let ms2 ← messagesJson fileMap after.messages
  let json := Json.mkObj [
    ("start", jnat start), ("end", jnat stop),
    ("statementEnd", jnat (match bodyStart? stx with
      | some n => n
      | none => stop)),
    ("kind", Json.str (innerKind stx)),
    ("declarations", jarr (mapL (declJson after.env) decls)),
    ("messages", jarr (appendL ms1 ms2)), ("holes", jarr (mapL holeJson holes))]
  -- The info trees are large and all that is wanted of them is in `holes` by now.
  let after := { after with infoState := {}, messages := {}, traceState := {} }
  return some { start, stop, stx, before, after, parserBefore := ps, parserAfter := ps', decls, holes, json }

structure Progress where
  cmds : Array Cmd
  elaborated : Nat
  stopped : Bool

/-- Does the last of these commands end at byte `limit` or behind it? -/
def reaches (limit? : Option Nat) (cmds : Array Cmd) : Bool :=
  match limit?, cmds[cmds.size - 1]? with
  | some limit, some c => limit <= c.stop
  | _, _ => false

/-- Elaborates command after command, up to the first that reaches `limit?`. -/
partial def elabFrom (sv : Server) (id : Nat) (src : Source) (tk : IO.CancelToken) (limit? : Option Nat)
    (before : Command.State) (ps : Parser.ModuleParserState) (p : Progress) : IO Progress := do
  if ← tk.isSet then return { p with stopped := true }
  let (stx, ps', messages) := parseOne src.inputCtx before ps
  if Parser.isTerminalCommand stx then
    return p
  if reaches limit? p.cmds then
    return { p with stopped := true }
  match ← elabCommandAt sv src tk before ps stx ps' messages with
  | none => return { p with stopped := true }
  | some c =>
    sayItem sv id (c.json.setObjVal! "index" (jnat p.cmds.size))
    elabFrom sv id src tk limit? c.after ps' { p with cmds := p.cmds.push c, elaborated := p.elaborated + 1 }

/-! ## Requests -/

def str (j : Json) (k : String) : Except String String := j.getObjValAs? String k
def nat (j : Json) (k : String) : Except String Nat := j.getObjValAs? Nat k
def strD (j : Json) (k d : String) : String := match str j k with | .ok s => s | .error _ => d
def natD (j : Json) (k : String) (d : Nat) : Nat := match nat j k with | .ok n => n | .error _ => d
def boolD (j : Json) (k : String) (d : Bool) : Bool :=
  match j.getObjValAs? Bool k with | .ok b => b | .error _ => d
def listD (j : Json) (k : String) : List Json :=
  match j.getObjVal? k with
  | .ok (.arr a) => arrToList a
  | _ => []

partial def setOptions (opts : Options) : List Json → Options
  | [] => opts
  | j :: js =>
    let name := (strD j "name" "").toName
    let opts := match j.getObjVal? "value" with
      | .ok (.bool b) => opts.setBool name b
      | .ok (.str s) => opts.setString name s
      | .ok (.num n) => opts.setNat name n.mantissa.toNat
      | _ => opts
    setOptions opts js

partial def lookup (k : String) : List (String × α) → Option α
  | [] => none
  | (k', v) :: rest => if k == k' then some v else lookup k rest

def without (k : String) (xs : List (String × α)) : List (String × α) :=
  filterL (fun (p : String × α) => !(p.1 == k)) xs

def environmentFor (sv : Server) (stamp headerText : String) (header : Syntax) (opts : Options)
    (inputCtx : Parser.InputContext) (mainModule : Name) : IO (Environment × List Json) := do
  let key := stamp ++ "\n" ++ mainModule.toString ++ "\n" ++ headerText
  match lookupEnv key (← sv.headers.get) with
  | some r => return r
  | none =>
    let (env, messages) ← importHeader header opts inputCtx mainModule
    let js ← messagesJson inputCtx.fileMap messages
    if !hasErrors js then
      sv.headers.modify fun hs => (key, env, js) :: hs
    return (env, js)
where
  lookupEnv (k : String) : List (String × Environment × List Json) → Option (Environment × List Json)
    | [] => none
    | (k', v) :: rest => if k == k' then some v else lookupEnv k rest

partial def forgetAll (sv : Server) : List Cmd → BaseIO Unit
  | [] => pure ()
  | c :: cs => do forgetCmd sv c; forgetAll sv cs

/-- Commands of the old document that the new one does not have. -/
partial def dropped (kept : Nat) : List Cmd → List Cmd
  | [] => []
  | c :: cs => if kept == 0 then c :: cs else dropped (kept - 1) cs

def newText (old? : Option Doc) (params : Json) : Except String (String × Nat) := do
  match old?, params.getObjVal? "edit" with
  | some d, .ok e =>
    let a ← nat e "start"
    let b ← nat e "end"
    let t ← str e "text"
    let size := d.text.utf8ByteSize
    if a > b || b > size then throw "the edit lies outside the text"
    -- An edit that changes nothing leaves the command at the very end alone, too.
    return (sub d.text 0 a ++ t ++ sub d.text b size, if a == b && t == "" then size + 1 else a)
  | _, _ => return (← str params "text", 0)

def openDoc (sv : Server) (id : Nat) (params : Json) (tk : IO.CancelToken) : IO Json := do
  let key := strD params "doc" ""
  let fileName := strD params "file" "<buffer>"
  let mainModule := (strD params "module" "_stdin").toName
  let old? := lookup key (← sv.docs.get)
  match newText old? params with
  | .error e => throw (IO.userError e)
  | .ok (text, same) =>
    let opts := quiet (setOptions {} (listD params "options"))
    let inputCtx := inputContext text fileName
    let (header, ps, headerMessages) ← Parser.parseHeader inputCtx
    let headerText := sub text 0 ps.pos.byteIdx
    let oldCmds := match old? with
      | some d => arrToList d.cmds
      | none => []
    let stamp := strD params "stamp" ""
    let kept := match old? with
      | some d => if d.headerText == headerText && d.stamp == stamp then dropIfReadOtherwise inputCtx (takeReusable same oldCmds) else []
      | none => []
    let nKept := lengthL kept
    forgetAll sv (dropped nKept oldCmds)
    let (env, importMessages) ← environmentFor sv stamp headerText header opts inputCtx mainModule
    let parseMessages ← messagesJson inputCtx.fileMap headerMessages
    let ms := appendL parseMessages importMessages
    let src : Source := { inputCtx, fileName }
    -- What is not public is hidden from `exact?` in the file itself, too.
    let start := initialState sv env opts (sv.embedded || boolD params "library" false)
    let (before, ps) := match revL kept with
      | c :: _ => (c.after, c.parserAfter)
      | [] => (start, ps)
    let p0 : Progress := { cmds := listToArr kept, elaborated := 0, stopped := false }
    let limit? := match nat params "until" with
      | .ok n => some n
      | .error _ => none
    let p ← if hasErrors importMessages then pure p0 else elabFrom sv id src tk limit? before ps p0
    sv.docs.modify fun ds =>
      (key, { text, fileName, mainModule, headerText, stamp, cmds := p.cmds }) :: without key ds
    if boolD params "olean" false && !p.stopped then
      let env := match revL (arrToList p.cmds) with
        | c :: _ => c.after.env
        | [] => env
      writeModule env (strD params "oleanFile" "out.olean")
    return Json.mkObj [
      ("commands", jnat p.cmds.size), ("reused", jnat nKept), ("elaborated", jnat p.elaborated),
      ("stopped", Json.bool p.stopped), ("messages", jarr ms), ("imported", Json.bool (!hasErrors importMessages))]

/-! ## Candidates -/

structure Gate where
  words : List String
  identifiers : List String
  options : List String

def stringMember (s : String) (ss : List String) : Bool := anyL (fun t => s == t) ss

/-- Does this piece of syntax begin in one of these ranges?  No ranges means everywhere. -/
def beginsIn (ranges : List (Nat × Nat)) (stx : Syntax) : Bool :=
  match ranges, stx.getPos? true with
  | [], _ => true
  | _, some p => anyL (fun (r : Nat × Nat) => r.1 <= p.byteIdx && p.byteIdx < r.2) ranges
  | _, none => false

/-- The option that a piece of syntax sets, whoever's syntax it is: `grind` has a `set_option` of its own. -/
def optionSet? (args : Array Syntax) : Option String :=
  match arrToList args with
  | Syntax.atom _ "set_option" :: option :: _ => some option.getId.toString
  | _ => none

/-- Options with which something passes for proved that was not checked. -/
def uncheckedOptions : List String :=
  ["debug.skipKernelTC", "debug.byAsSorry", "debug.proofAsSorry", "debug.terminalTacticsAsSorry"]

/-- An option of these that is set anywhere in a command. -/
partial def uncheckedOption? (stx : Syntax) : Option String :=
  match stx with
  | .node _ _ args =>
    match optionSet? args with
    | some name => if stringMember name uncheckedOptions then some name else go (arrToList args)
    | none => go (arrToList args)
  | _ => none
where
  go : List Syntax → Option String
    | [] => none
    | s :: ss => match uncheckedOption? s with
      | some name => some name
      | none => go ss

/-- Is this a tactic's `(config := …)`, `(name := …)` or `+name`? -/
def isConfig (k : Name) : Bool :=
  nameMember k [`Lean.Parser.Tactic.config, `Lean.Parser.Tactic.valConfigItem, `Lean.Parser.Tactic.posConfigItem]

/-- Kinds of terms that are no more than data. -/
def literalKinds : List Name :=
  [nullKind, choiceKind, numLitKind, strLitKind, `Lean.Parser.Term.dotIdent, `Lean.Parser.Term.paren,
    .mkSimple "term[_]", .mkSimple "term{}", `Lean.Parser.Term.optEllipsis, `Lean.Parser.Term.hole]

/-- Is this syntax data?  Lean runs the configuration of a tactic as a program, so it may be nothing else. -/
partial def isLiteral : Syntax → Bool
  | .node _ `Lean.Parser.Term.app args =>
    match arrToList args with
    | f :: rest => (f.isOfKind `Lean.Parser.Term.dotIdent || stringMember (lastPart f.getId) ["pos", "neg"]) && go rest
    | [] => false
  | .node _ k args =>
    (nameMember k literalKinds || (lastPart k).startsWith "structInst") && go (arrToList args)
  | .missing => false
  -- To decide by compiled code is to run it, too.
  | .ident _ _ n _ => !(n == `native)
  | .atom .. => true
where
  go : List Syntax → Bool
    | [] => true
    | s :: ss => isLiteral s && go ss

def allLiteral : List Syntax → Bool
  | [] => true
  | s :: ss => isLiteral s && allLiteral ss

/-- Why this syntax must not be run, if it must not: a word, an identifier or an option that the gate refuses.  Only what
begins in one of `ranges` is looked at. -/
partial def refusal? (g : Gate) (ranges : List (Nat × Nat)) (stx : Syntax) : Option String :=
  match stx with
  | .atom _ v =>
    if stringMember v g.words && beginsIn ranges stx then some s!"`{v}` is not allowed in a proof" else none
  | .ident _ _ n _ =>
    if stringMember (lastPart n.eraseMacroScopes) g.identifiers && beginsIn ranges stx then
      some s!"`{n.toString}` is not allowed in a proof"
    else none
  | .node _ k args =>
    if !beginsIn ranges stx then go (arrToList args)
    else match optionSet? args with
      | some name =>
        if anyL (fun p => name.startsWith p) g.options then some s!"`set_option {name}` is not allowed in a proof"
        else go (arrToList args)
      | none =>
        if isConfig k && !allLiteral (arrToList args) then some "a configuration that is computed is not allowed in a proof"
        else go (arrToList args)
  | .missing => some "the text is incomplete"
where
  go : List Syntax → Option String
    | [] => none
    | s :: ss => match refusal? g ranges s with
      | some r => some r
      | none => go ss

/-- Reads `text` as a tactic sequence that ends where the text ends. -/
def parseTactics (st : ProofState) (text : String) : Except String Syntax :=
  let ictx := inputContext text "<candidate>"
  let pmctx : Parser.ParserModuleContext :=
    { env := st.env, options := st.options, currNamespace := st.currNamespace, openDecls := st.openDecls }
  let p := Parser.andthenFn Parser.whitespace Parser.Tactic.tacticSeq.fn
  let s := p.run ictx pmctx (Parser.getTokenTable st.env) (Parser.mkParserState text)
  if s.hasError then .error (s.toErrorMsg ictx)
  else if s.pos.byteIdx < text.utf8ByteSize then .error "this is more than a tactic sequence"
  else .ok s.stxStack.back

inductive Outcome where
  | closed (suggestions : List String)
  | progress (next : ProofState) (goals : List Json)
  | rejected (message : String)
  | timedOut
  | refused (reason : String)

def hasAuxDecl (lctx : LocalContext) (e : Expr) : Bool := go (localDecls lctx)
where
  go : List (Option LocalDecl) → Bool
    | [] => false
    | none :: ds => go ds
    | some d :: ds => (d.isAuxDecl && e.containsFVar d.fvarId) || go ds

def usesAny (own : List Name) : List Name → Bool
  | [] => false
  | n :: ns => nameMember n own || usesAny own ns

/-- Constants that `n` uses, directly or through other constants that the same command made. -/
partial def reachable (before after : Environment) : List Name → List Name → List Name
  | [], seen => seen
  | n :: ns, seen =>
    if nameMember n seen then reachable before after ns seen
    else
      let used := if before.contains n then [] else match after.find? n with
        | some info => match constValue? info with
          | some v => arrToList v.getUsedConstants
          | none => []
        | none => []
      reachable before after (appendL used ns) (n :: seen)

structure Ran where
  closed : Bool
  remaining : List MVarId
  selfReference : Bool
  sorry_ : Bool

def restsOnSorry (env : Environment) (n : Name) : Bool :=
  match env.find? n with
  | some info => match constValue? info with
    | some value => value.hasSorry
    | none => false
  | none => false

def runOn (st : ProofState) (stx : Syntax) (goal : MVarId) (others : List MVarId) : MetaM Ran := do
  let decl ← goal.getDecl
  let termCtx : Term.Context := { declName? := st.parentDecl? }
  let (remaining, _) ← runTactic goal stx termCtx {}
  let proof ← instantiateMVars (mkMVar goal)
  let remaining := appendL remaining others
  -- Parts of a proof may have been put aside as declarations of their own.
  let env ← getEnv
  let aside := filterL (fun n => !st.env.contains n) (reachable st.env env (arrToList proof.getUsedConstants) [])
  return {
    closed := isNil remaining && !proof.hasExprMVar, remaining,
    selfReference := hasAuxDecl decl.lctx proof || usesAny st.own (arrToList proof.getUsedConstants), sorry_ := proof.hasSorry || proof.hasSyntheticSorry || anyL (restsOnSorry env) aside }

/-- The replacements that `exact?`, `simp?` and their like print. -/
def suggestionsIn : List String → List String
  | [] => []
  | t :: ts => if t.startsWith "Try th" then t :: suggestionsIn ts else suggestionsIn ts

def firstError : List Json → Option String
  | [] => none
  | j :: js => if isErrorJson j then some (messageText j) else firstError js

def tryAlternatives (st : ProofState) (tk : IO.CancelToken) (stx : Syntax) (opts : Options) (keep explain : Bool) :
    List (MetavarContext × List MVarId) → List String → IO Outcome
  | [], suggestions => return .closed suggestions
  | (_, []) :: rest, suggestions => tryAlternatives st tk stx opts keep explain rest suggestions
  | (mctx, goal :: others) :: rest, suggestions => do
    let r ← runMeta st mctx {} #[] opts tk (runOn st stx goal others) explain
    let failed := r.core.messages.hasErrors
    let ms ← if failed && !explain then pure [] else messagesJson st.fileMap r.core.messages
    match r.value with
    | .error e =>
      if r.interrupted then return .timedOut
      return .rejected e
    | .ok ran =>
      match failed, firstError ms with
      | true, some e => return .rejected e
      | true, none => return .rejected ""
      | false, _ =>
        if ran.sorry_ then return .rejected "the proof it gives still contains sorry"
        else if ran.selfReference then return .refused "it uses the very declaration that is being proved"
        else
          let suggestions := appendL suggestions (suggestionsIn (mapL messageText ms))
          if ran.closed then tryAlternatives st tk stx opts keep explain rest suggestions
          else if isNil ran.remaining then return .rejected "it leaves part of the goal undetermined"
          else if !isNil rest then return .rejected "it does not close the goal each time the hole is reached"
          else
            let next := { st with
              env := r.core.env, ngen := r.core.ngen, alternatives := [(r.meta_.mctx, ran.remaining)] }
            let goals ← if keep then goalsOf next tk else briefGoalsOf next tk
            return .progress next goals

def outcomeJson (sv : Server) (index : Nat) (us : Nat) (keep : Bool) : Outcome → IO Json
  | .closed suggestions => return base "closed" [("suggestions", jstrs suggestions)]
  | .progress next goals => do
    let state ← if keep then do
        let n ← keepState sv next
        pure (jnat n)
      else pure Json.null
    return base "progress" [("goals", jarr goals), ("state", state)]
  | .rejected m => return base "rejected" [("message", Json.str m)]
  | .timedOut => return base "timedOut" []
  | .refused r => return base "refused" [("message", Json.str r)]
where
  base (status : String) (more : List (String × Json)) : Json :=
    Json.mkObj (("candidate", jnat index) :: ("outcome", Json.str status) :: ("us", jnat us) :: more)

/-- Sets the timer, waking it if it sleeps. -/
def setDeadline (sv : Server) (d : Option (Nat × IO.CancelToken)) : BaseIO Unit := do
  sv.deadline.set d
  match d with
  | none => pure ()
  | some _ =>
    if ← sv.timerIdle.get then
      match ← sv.timerWake.get with
      | some p => p.resolve ()
      | none => pure ()

partial def timerLoop (sv : Server) : IO Unit := do
  match ← sv.deadline.get with
  | none => do
    let p ← IO.Promise.new (α := Unit)
    sv.timerWake.set (some p)
    sv.timerIdle.set true
    -- A deadline set in between has seen no promise to keep.
    match ← sv.deadline.get with
    | some _ => pure ()
    | none => let _ ← awaitPromise p
    sv.timerIdle.set false
    timerLoop sv
  | some (t, tk) => do
    let now ← IO.monoMsNow
    if now >= t then tk.set
    IO.sleep 10
    timerLoop sv

def gateOf (params : Json) : Gate :=
  let g := match params.getObjVal? "gate" with
    | .ok g => g
    | .error _ => Json.null
  { words := strings (listD g "words"), identifiers := strings (listD g "identifiers"),
    options := strings (listD g "options") }
where
  strings : List Json → List String
    | [] => []
    | .str s :: js => s :: strings js
    | _ :: js => strings js

structure Limits where
  milliseconds : Nat
  heartbeats : Nat
  gate : Gate
  keep : Bool
  /-- Are the prover's messages wanted, or just its verdicts? -/
  explain : Bool

def limitsOf (params : Json) : Limits :=
  { milliseconds := natD params "milliseconds" 2000, heartbeats := natD params "heartbeats" 200000,
    gate := gateOf params, keep := boolD params "keep" true,
    explain := boolD params "explain" true }

/-- The lower of the file's own limit and ours. -/
def limitHeartbeats (opts : Options) (n : Nat) : Options :=
  let own := opts.get `maxHeartbeats 200000
  if own == 0 || n < own then opts.setNat `maxHeartbeats n else opts

def runCandidate (st : ProofState) (limits : Limits) (tk : IO.CancelToken) (text : String) : IO Outcome := do
  match parseTactics st text with
  | .error e => return .refused ("not a tactic sequence: " ++ e)
  | .ok stx =>
    match refusal? limits.gate [] stx with
    | some r => return .refused r
    | none => tryAlternatives st tk stx (limitHeartbeats st.options limits.heartbeats) limits.keep limits.explain st.alternatives []

def tryAll (sv : Server) (id : Nat) (st : ProofState) (limits : Limits) (job : IO.CancelToken) (index : Nat) :
    List Json → IO (Nat × Bool)
  | [] => return (index, false)
  | c :: cs => do
    if ← job.isSet then return (index, true)
    let text := match c with
      | .str s => s
      | _ => ""
    let tk ← IO.CancelToken.new
    let start ← IO.monoNanosNow
    setDeadline sv (some (start / 1000000 + limits.milliseconds, tk))
    let outcome ← EIO.toBaseIO (runCandidate st limits tk text)
    setDeadline sv none
    let stop ← IO.monoNanosNow
    if ← job.isSet then return (index, true)
    let outcome := match outcome with
      | .ok o => o
      | .error e => .rejected e.toString
    let j ← outcomeJson sv index ((stop - start) / 1000) limits.keep outcome
    sayItem sv id j
    tryAll sv id st limits job (index + 1) cs

def stateAt (sv : Server) (i : Nat) : IO ProofState := do
  let states ← sv.states.get
  if h : i < states.size then
    match states[i]'h with
    | some st => return st
    | none => throw (IO.userError "this proof state was forgotten")
  else throw (IO.userError "there is no such proof state")

/-- The state with nothing left but one of its goals. -/
def focused (st : ProofState) (goal : Nat) : IO ProofState :=
  match st.alternatives with
  | [(mctx, goals)] => match nthL goal goals with
    | some g => return { st with alternatives := [(mctx, [g])] }
    | none => throw (IO.userError "this proof state has no such goal")
  | _ => throw (IO.userError "the goals of this proof state can't be told apart")

def tryMethod (sv : Server) (id : Nat) (params : Json) (tk : IO.CancelToken) : IO Json := do
  let st ← stateAt sv (natD params "state" 0)
  let st ← match params.getObjVal? "goal" with
    | .ok (.num n) => focused st n.mantissa.toNat
    | _ => pure st
  let (n, cancelled) ← tryAll sv id st (limitsOf params) tk 0 (listD params "candidates")
  return Json.mkObj [("tried", jnat n), ("cancelled", Json.bool cancelled)]

/-! ## Certifying -/

def nthCmd (d : Doc) (i : Nat) : IO Cmd := do
  if h : i < d.cmds.size then return d.cmds[i]'h else throw (IO.userError "there is no such command")

def docAt (sv : Server) (params : Json) : IO Doc := do
  match lookup (strD params "doc" "") (← sv.docs.get) with
  | some d => return d
  | none => throw (IO.userError "this document is not open")

/-- Applies edits, given from the last to the first. -/
def applyEdits (text : String) (shift : Nat × Nat) : List Json → String × Nat × Nat
  | [] => (text, shift)
  | e :: es =>
    let a := natD e "start" 0
    let b := natD e "end" 0
    let t := strD e "text" ""
    applyEdits (sub text 0 a ++ t ++ sub text b text.utf8ByteSize) (shift.1 + t.utf8ByteSize, shift.2 + (b - a)) es

/-- Where the inserted texts lie afterwards.  Edits come from the last to the first. -/
def insertedRanges (edits : List Json) : List (Nat × Nat) := go (revL edits) 0
where
  -- `shift` is what the edits before have added, as a sum and a debt so that it stays a natural number.
  go : List Json → Int → List (Nat × Nat)
    | [], _ => []
    | e :: es, shift =>
      let a := natD e "start" 0
      let b := natD e "end" 0
      let size := (strD e "text" "").utf8ByteSize
      let start := (Int.ofNat a + shift).toNat
      (start, start + size) :: go es (shift + Int.ofNat size - Int.ofNat (b - a))

/-- An `example` leaves nothing behind whose axioms could be looked at, so it is certified under a name.  As a definition,
for that sees all `variable`s, as an `example` does and a theorem does not. -/
def nameExample (c : Cmd) (edits : List Json) : List Json :=
  if c.stx[1].getKind == ``Lean.Parser.Command.example then
    let keyword := c.stx[1][0]
    match keyword.getPos? true, keyword.getTailPos? true with
    | some p, some q => appendL edits [Json.mkObj [
        ("start", jnat p.byteIdx), ("end", jnat q.byteIdx), ("text", Json.str "def unsorry_certified_example")]]
    | _, _ => edits
  else edits

/-- Axioms that `n` rests on, and imported constants of which the environment does not have the body. -/
def leavesOf (s : Command.State) (tk : IO.CancelToken) (n : Name) : BaseIO (Except String (List Name)) := do
  let st : ProofState := {
    env := s.env, options := {}, currNamespace := .anonymous, openDecls := [], ngen := {}, parentDecl? := none,
    fileMap := default, own := [], alternatives := [] }
  let x : MetaM (Array Name) := fun _ _ => collectAxioms n
  let r ← runMeta st {} {} #[] {} tk x
  match r.value with
  | .ok ns => return .ok (arrToList ns)
  | .error e => return .error e

def axiomsOf (s : Command.State) (tk : IO.CancelToken) (n : Name) : BaseIO (Except String (List Name)) := do
  match ← leavesOf s tk n with
  | .ok ns => return .ok (filterL (isRealAxiom s.env) ns)
  | .error e => return .error e

/-- What a declaration rests on.  `opaque` are imported constants whose own axioms must be known from elsewhere: the
embedded build has no proofs of what it imports. -/
def axiomsJson (s : Command.State) (tk : IO.CancelToken) (start : Nat) (n : Name) : BaseIO Json := do
  let base := [
    ("name", Json.str n.toString), ("kind", Json.str (constKind s.env n)), ("start", jnat start)]
  match ← leavesOf s tk n with
  | .ok ns =>
    let hidden := filterL (fun m => !isRealAxiom s.env m) ns
    return Json.mkObj (appendL base [
      ("axioms", jstrs (mapL Name.toString (filterL (isRealAxiom s.env) ns))),
      ("opaque", jarr (mapL (fun m => Json.mkObj [
        ("name", Json.str m.toString), ("module", moduleOf s.env m)]) hidden))])
  | .error e => return Json.mkObj (appendL base [("error", Json.str e)])

structure SorrySource where
  own : Bool
  /-- Imported constants that are not proved. -/
  imported : List Name
  /-- Earlier declarations of the same file that are not proved themselves. -/
  borrowed : List Name

def sorrySource (before after : Command.State) (tk : IO.CancelToken) (decls : List Name) : BaseIO SorrySource := do
  let used := reachable before.env after.env decls []
  let own := nameMember ``sorryAx used
  let earlier := filterL (fun n => before.env.contains n && (before.env.getModuleIdxFor? n == none)) used
  let borrowed ← go earlier
  -- Looking at each is slow in a large library, and `own` is no proof anyway.
  let imported ← if own || !(← restsOnSorry after tk decls) then pure [] else
    go (filterL (fun n => before.env.contains n && !(before.env.getModuleIdxFor? n == none)) used)
  return { own, borrowed, imported }
where
  restsOnSorry (s : Command.State) (tk : IO.CancelToken) : List Name → BaseIO Bool
    | [] => return false
    | n :: ns => do
      match ← axiomsOf s tk n with
      | .ok axioms => if nameMember ``sorryAx axioms then return true else restsOnSorry s tk ns
      | .error _ => restsOnSorry s tk ns
  go : List Name → BaseIO (List Name)
    | [] => return []
    | n :: ns => do
      let r ← axiomsOf before tk n
      let rest ← go ns
      match r with
      | .ok axioms => if nameMember ``sorryAx axioms then return n :: rest else return rest
      | .error _ => return rest

def sameTypes (before after : Environment) : List Name → Option Name
  | [] => none
  | n :: ns =>
    match before.find? n, after.find? n with
    | some a, some b =>
      if a.type == b.type && a.levelParams == b.levelParams then sameTypes before after ns else some n
    | _, _ => some n

/-- Has the kernel check what a command has added, whatever the command did to have it added.  Of this environment's own
declarations each is added again under another name; the rest are taken from it as they are.  Why one was not accepted. -/
def uncheckedBy? (before : Environment) (after : Command.State) (tk : IO.CancelToken) (decls : List Name) :
    BaseIO (Option String) :=
  go (filterL (fun n => !before.contains n) (reachable before after.env decls []))
where
  -- The time limit of the whole check ends it, so the kernel needs none of its own.
  options : Options :=
    ((({} : Options).setBool `debug.skipKernelTC false).setBool `Elab.async false).setNat `maxHeartbeats 0
  renamed (n : Name) : Name := n ++ `unsorry_checked
  again? : ConstantInfo → Option Declaration
    | .thmInfo v => some (.thmDecl { v with name := renamed v.name })
    | .opaqueInfo v => if v.isUnsafe then none else some (.opaqueDecl { v with name := renamed v.name })
    | .defnInfo v => match v.safety with
      | .safe => some (.defnDecl { v with name := renamed v.name })
      | _ => none
    | _ => none
  go : List Name → BaseIO (Option String)
    | [] => return none
    | n :: ns => do
      match after.env.find? n with
      | none => go ns
      | some info => match again? info with
        | none => go ns
        | some declaration => do
          let st : ProofState := {
            env := after.env, options, currNamespace := .anonymous, openDecls := [], ngen := {}, parentDecl? := none,
            fileMap := default, own := [], alternatives := [] }
          let x : MetaM Unit := fun _ _ => addDecl declaration
          let r ← runMeta st {} {} #[] options tk x
          match r.value with
          | .ok _ => go ns
          | .error e => return some s!"the kernel does not accept {cleanName n}: {e}"

def forceKernel (s : Command.State) : Command.State :=
  { s with scopes := mapL (fun (sc : Command.Scope) =>
      { sc with opts := (sc.opts.setBool `debug.skipKernelTC false).setBool `debug.byAsSorry false }) s.scopes }

/-- Code is generated for a definition and not for an `example`. -/
def withoutCode (s : Command.State) : Command.State :=
  { s with scopes := mapL (fun (sc : Command.Scope) => { sc with isNoncomputable := true }) s.scopes }

def errorCount (js : List Json) : Nat := lengthL (filterL isErrorJson js)

def overtime : String := "the check did not end within its time limit"

partial def checkFollowers (sv : Server) (src : Source) (tk : IO.CancelToken) (s : Command.State)
    (ps : Parser.ModuleParserState) : List Cmd → IO (Option String)
  | [] => return none
  | c :: cs => do
    let (stx, ps', log) := parseOne src.inputCtx s ps
    let (s', stopped) ← elabOne sv src.fileName src.inputCtx.fileMap ps.pos.byteIdx tk s stx
    if stopped || (← tk.isSet) then return some overtime
    let m1 ← messagesJson src.inputCtx.fileMap log
    let m2 ← messagesJson src.inputCtx.fileMap s'.messages
    if errorCount m1 + errorCount m2 > errorCount (listD c.json "messages") then
      return some s!"a declaration after it no longer checks: {firstError (appendL m1 m2)}"
    checkFollowers sv src tk s' ps' cs

/-- The parser's messages about a command that begins at `start`.  Those before are about what it skipped on the way. -/
def messagesFrom (fileMap : FileMap) (start : Nat) (log : MessageLog) : List Message :=
  filterL (fun (m : Message) => start <= (fileMap.ofPosition m.pos).byteIdx) log.toList

/-- Do these edits lie inside the command, and does it still end at the same place after them?  A command that the parser
gave up on may end at any place. -/
def endsAsBefore (d : Doc) (c : Cmd) (before : Command.State) (edits : List Json) (stop added removed : Nat) : Bool :=
  let inputCtx := inputContext d.text d.fileName
  let (_, _, log) := parseOne inputCtx before c.parserBefore
  isNil (messagesFrom inputCtx.fileMap c.start log) && !anyL (fun e => natD e "end" 0 > c.stop) edits && stop + removed == c.stop + added

/-- The same edits with a `sorry` in the place of each text, behind the white space that the text begins with. -/
def holed (edits : List Json) : List Json :=
  mapL (fun (e : Json) => e.setObjVal! "text" (Json.str (blanks (strD e "text" "").toList "" ++ "sorry"))) edits
where
  blanks : List Char → String → String
    | [], acc => acc
    | c :: cs, acc => if c.isWhitespace then blanks cs (acc.push c) else acc

/-- The text of a command that ends after edits where it would if each put in a hole. -/
def endsAsHoled (d : Doc) (c : Cmd) (before : Command.State) (edits : List Json) (stop added : Nat) :
    Option (Parser.InputContext × Syntax) :=
  let edits := nameExample c (holed edits)
  let (text, added', _) := applyEdits d.text (0, 0) edits
  let inputCtx := inputContext text d.fileName
  let (stx, ps, _) := parseOne inputCtx before c.parserBefore
  let stop' := tailOf stx ps.pos.byteIdx
  let covers := !anyL (fun (r : Nat × Nat) => r.2 > stop') (insertedRanges edits)
  if covers && stop + added' == stop' + added then some (inputCtx, stx) else none

/-- Where the last of some edits ends; they come from the last to the first. -/
def editsEnd : List Json → Nat
  | [] => 0
  | e :: _ => natD e "end" 0

def certifyMethod (sv : Server) (params : Json) (tk : IO.CancelToken) : IO Json := do
  let d ← docAt sv params
  let i := natD params "command" 0
  let c ← nthCmd d i
  let edits := listD params "edits"
  let named := nameExample c edits
  let isExample := lengthL named > lengthL edits
  let (text, added, removed) := applyEdits d.text (0, 0) named
  let inputCtx := inputContext text d.fileName
  let src : Source := { inputCtx, fileName := d.fileName }
  let before := if isExample then withoutCode (forceKernel c.before) else forceKernel c.before
  let now ← IO.monoMsNow
  setDeadline sv (some (now + natD params "milliseconds" 10000, tk))
  let (stx, ps', log) := parseOne inputCtx before c.parserBefore
  let stop := tailOf stx ps'.pos.byteIdx
  let no (reason : String) (ms : List Json) : Json :=
    Json.mkObj [("ok", Json.bool false), ("reason", Json.str reason), ("messages", jarr ms)]
  -- A tactic that is half typed can end its command early, and then it is held against the text with a hole there.
  let asHoled := if anyL (fun e => natD e "start" 0 < c.start) edits then some none
    else if endsAsBefore d c before edits stop added removed then none
    else some (endsAsHoled d c before edits stop added)
  match asHoled with
  | some none =>
    return no "with this text the declaration does not end where it should" (← messagesJson inputCtx.fileMap log)
  | _ =>
    if !isExample && !(innerKind stx == innerKind c.stx) then
      return no "with this text it is another kind of declaration" []
    match refusal? (gateOf params) (insertedRanges named) stx, uncheckedOption? stx with
    | some r, _ => return no r []
    | none, some name => return no s!"the declaration sets `{name}`, with which nothing is checked" []
    | none, none => pure ()
    let (after, stopped) ← elabOne sv d.fileName inputCtx.fileMap c.start tk before stx
    let m1 ← mapML (messageJson inputCtx.fileMap) (messagesFrom inputCtx.fileMap c.start log)
    let m2 ← messagesJson inputCtx.fileMap after.messages
    let ms := appendL m1 m2
    if stopped || (← tk.isSet) then return no overtime ms
    match firstError ms with
    | some e => return no e ms
    | none =>
      let infos := commandInfos after
      let decls := declaredNames before.env after.env infos
      let same (ns : List Name) : Bool := isExample || mapL Name.toString decls == mapL Name.toString ns
      let (known, env) ← match same c.decls, asHoled with
        | false, some (some (inputCtx, stx)) => do
          let (s, _) ← elabOne sv d.fileName inputCtx.fileMap c.start tk before stx
          pure (declaredNames before.env s.env (commandInfos s), s.env)
        | _, _ => pure (c.decls, c.after.env)
      if ← tk.isSet then return no overtime ms
      if !same known then return no "with this text other names are declared" ms
      match sameTypes env after.env (if isExample then [] else decls) with
      | some n => return no s!"with this text the statement of {n.toString} changes" ms
      | none =>
        let unchecked ← uncheckedBy? before.env after tk decls
        if ← tk.isSet then return no overtime ms
        match unchecked with
        | some reason => return no reason ms
        | none => pure ()
        let axioms ← mapML (fun n => (axiomsJson after tk c.start n : IO Json)) decls
        let sorries ← sorrySource before after tk decls
        -- Those that a half-typed tactic had cut off from this command are none of their own.
        let followers := filterL (fun (f : Cmd) => f.start >= editsEnd edits && f.start + added >= stop + removed)
          (dropped (i + 1) (arrToList d.cmds))
        let follow ← if boolD params "followers" false then checkFollowers sv src tk after ps' followers
          else pure none
        if ← tk.isSet then return no overtime ms
        match follow with
        | some reason => return no reason ms
        | none =>
          return Json.mkObj [
            ("ok", Json.bool true), ("messages", jarr ms), ("declarations", jarr axioms),
            ("sorry", Json.bool sorries.own), ("imported", jstrs (mapL Name.toString sorries.imported)), ("borrowed", jstrs (mapL Name.toString sorries.borrowed))]

/-- Elaborates a command once for each text put in its hole, and counts those without an error: what a checker without
kept states does.  `unsorry bench verify` measures against it. -/
def replayMethod (sv : Server) (params : Json) (tk : IO.CancelToken) : IO Json := do
  let d ← docAt sv params
  let c ← nthCmd d (natD params "command" 0)
  let one (t : Json) : IO Json := do
    let start ← IO.monoNanosNow
    let edit := Json.mkObj [("start", jnat (natD params "start" 0)), ("end", jnat (natD params "end" 0)), ("text", t)]
    let (text, _) := applyEdits d.text (0, 0) [edit]
    let ictx := inputContext text d.fileName
    let (stx, _, log) := parseOne ictx c.before c.parserBefore
    let (after, _) ← elabOne sv d.fileName ictx.fileMap c.start tk c.before stx
    let ok := !log.hasErrors && !after.messages.hasErrors
    let stop ← IO.monoNanosNow
    return Json.mkObj [("us", jnat ((stop - start) / 1000)), ("ok", Json.bool ok)]
  let js ← mapML one (listD params "candidates")
  return Json.mkObj [("runs", jarr js)]

/-! ## The rest of the methods -/

def axiomsMethod (sv : Server) (params : Json) (tk : IO.CancelToken) : IO Json := do
  let d ← docAt sv params
  let all ← mapML (fun (c : Cmd) => mapML (fun n => (axiomsJson c.after tk c.start n : IO Json)) c.decls) (arrToList d.cmds)
  return Json.mkObj [("declarations", jarr (concat all))]
where
  concat : List (List Json) → List Json
    | [] => []
    | x :: xs => appendL x (concat xs)

/-- A hole at a place where none is written: the command is elaborated with a `sorry` put there, if it is a hole of that
command then. -/
def probeMethod (sv : Server) (params : Json) (tk : IO.CancelToken) : IO Json := do
  let d ← docAt sv params
  let c ← nthCmd d (natD params "command" 0)
  let place := natD params "start" 0
  let here (start : Nat) : Bool := start == place
  let text := sub d.text 0 place ++ "sorry" ++ sub d.text (natD params "end" place) d.text.utf8ByteSize
  let inputCtx := inputContext text d.fileName
  let (stx, ps', log) := parseOne inputCtx c.before c.parserBefore
  if !anyL (fun (h : SyntaxHole) => here h.start) (syntaxHoles stx []) then
    return Json.mkObj [("hole", Json.null), ("declarations", jarr [])]
  match ← elabCommandAt sv { inputCtx, fileName := d.fileName } tk c.before c.parserBefore stx ps' log with
  | some c =>
    forgetHoles sv (filterL (fun (h : Hole) => !here h.start) c.holes)
    let hole := match filterL (fun (h : Hole) => here h.start) c.holes with
      | h :: _ => holeJson h
      | [] => Json.null
    return Json.mkObj [("hole", hole), ("declarations", jstrs (mapL Name.toString c.decls))]
  | none => throw (IO.userError "stopped")

/-! ## Premises: theorems that are there at a place, by the constants in their statements -/

/-- The place of a name in a table, by its hash, and whether it is a symbol. -/
structure Place where
  key : UInt64
  place : Nat
  symbol : Bool

/-- Names of a page, each once: printing one costs more than all else that is done with it. -/
structure Symbols where
  buckets : Array (List Place)
  count : Nat
  /-- The last one first. -/
  texts : List Json

partial def emptyBuckets (n : Nat) (acc : Array (List Place)) : Array (List Place) :=
  if n == 0 then acc else emptyBuckets (n - 1) (acc.push [])

def noSymbols : Symbols := { buckets := emptyBuckets 1024 #[], count := 0, texts := [] }

partial def placeIn (key : UInt64) : List Place → Option Place
  | [] => none
  | p :: ps => if p.key == key then some p else placeIn key ps

def connectives : List Name :=
  [``Eq, ``HEq, ``Ne, ``Iff, ``And, ``Or, ``Not, ``True, ``False, ``Exists, ``OfNat.ofNat, ``optParam, ``autoParam,
    ``outParam, ``id]

/-- Does it say what a theorem is about?  Connectives and instances are everywhere. -/
def isSymbol (env : Environment) (n : Name) : Bool :=
  !nameMember n connectives && !(userName n).isInternal && !Meta.isInstanceCore env n && !Meta.isMatcherCore env n

def Symbols.place (s : Symbols) (env : Environment) (n : Name) : Symbols × Nat × Bool :=
  let key := n.hash
  let bucket := (key &&& 1023).toNat
  let found := if h : bucket < s.buckets.size then s.buckets[bucket]'h else []
  match placeIn key found with
  | some p => (s, p.place, p.symbol)
  | none =>
    let p : Place := { key, place := s.count, symbol := isSymbol env n }
    ({ buckets := s.buckets.set! bucket (p :: found), count := s.count + 1, texts := Json.str n.toString :: s.texts },
      p.place, p.symbol)

partial def symbolsOf (env : Environment) (s : Symbols) (acc : List Json) : List Name → Symbols × List Json
  | [] => (s, revL acc)
  | n :: ns =>
    let (s, place, symbol) := s.place env n
    symbolsOf env s (if symbol then jnat place :: acc else acc) ns

/-- What Lean makes for every type and definition, and nobody uses by name. -/
def generated : List String :=
  ["sizeOf_spec", "eq_def", "induct", "induct_unfolding", "fun_cases", "fun_cases_unfolding", "mutual_induct",
    "congr_simp"]

partial def allDigits : List Char → Bool
  | [] => true
  | c :: cs => c.isDigit && allDigits cs

/-- `eq_1`, `eq_2`, …: the equations of a definition, which `simp [f]` brings by itself. -/
def isEquation (s : String) : Bool := s.startsWith "eq_" && allDigits (sub s 3 s.utf8ByteSize).toList

def isStringIn (s : String) (ss : List String) : Bool := anyL (fun t => t == s) ss

partial def hasPart (p : String → Bool) : Name → Bool
  | .str n s => p s || hasPart p n
  | .num n _ => hasPart p n
  | .anonymous => false

/-- A theorem that somebody has written, and that can be named here. -/
def isPremise (env : Environment) (n : Name) : Bool :=
  !n.isInternal && !n.hasMacroScopes && isTheorem env n
    && !isStringIn (lastPart n) generated && !isEquation (lastPart n) && !hasPart (fun s => s.startsWith "match_") n

/-- A head counts even where it is no symbol: what concludes an equation can rewrite. -/
def headPlace (env : Environment) (s : Symbols) (e : Expr) : Symbols × Json :=
  match e.getAppFn with
  | .const n _ =>
    let (s, place, _) := s.place env n
    (s, jnat place)
  | _ => (s, Json.null)

/-- The left side of what can rewrite. -/
def leftSide (e : Expr) : Expr :=
  match e.getAppFn, appArgs e [] with
  | .const ``Eq _, [_, l, _] => l
  | .const ``Iff _, [l, _] => l
  | .const ``HEq _, l :: _ => l
  | _, _ => mkSort levelZero

def premiseJson (env : Environment) (s : Symbols) (n : Name) (type : Expr) : Symbols × Json :=
  let (s, places) := symbolsOf env s [] (arrToList type.getUsedConstants)
  let e := conclusion type
  let (s, head) := headPlace env s e
  let (s, left) := headPlace env s (leftSide e)
  (s, jarr [Json.str n.toString, head, left, jarr places])

partial def premisesFrom (env : Environment) (md : ModuleData) (tk : IO.CancelToken) (i : Nat) (s : Symbols)
    (acc : List Json) : IO (Symbols × List Json) := do
  if h : i < md.constNames.size then
    let n := md.constNames[i]'h
    if isPremise env n && !isPrivateName n then
      if ← tk.isSet then throw (IO.userError "stopped")
      match env.find? n with
      | some info =>
        let (s, j) := premiseJson env s n info.type
        premisesFrom env md tk (i + 1) s (j :: acc)
      | none => premisesFrom env md tk (i + 1) s acc
    else premisesFrom env md tk (i + 1) s acc
  else return (s, acc)

partial def modulePremises (env : Environment) (tk : IO.CancelToken) (m stop : Nat) (s : Symbols) (acc : List Json) :
    IO (Symbols × List Json) := do
  let data := env.header.moduleData
  if m < stop then
    if h : m < data.size then
      let (s, js) ← premisesFrom env (data[m]'h) tk 0 s []
      let name := match env.header.moduleNames[m]? with
        | some n => n.toString
        | none => ""
      let acc := if isNil js then acc else Json.mkObj [("module", Json.str name), ("theorems", jarr (revL js))] :: acc
      modulePremises env tk (m + 1) stop s acc
    else return (s, revL acc)
  else return (s, revL acc)

/-- Those of the text's commands that end before a place. -/
partial def ownPremises (env : Environment) (place : Nat) (s : Symbols) (acc : List Json) :
    List Cmd → Symbols × List Json
  | [] => (s, revL acc)
  | c :: cs =>
    if c.stop > place then (s, revL acc)
    else
      let (s, acc) := go s acc c.decls
      ownPremises env place s acc cs
where
  go (s : Symbols) (acc : List Json) : List Name → Symbols × List Json
    | [] => (s, acc)
    | n :: ns =>
      match env.find? n with
      | some info =>
        if isPremise env n || (isPrivateName n && isTheorem env n) then
          let (s, j) := premiseJson env s n info.type
          go s (j :: acc) ns
        else go s acc ns
      | none => go s acc ns

/-- Theorems of the text before a place, or those of the imported modules from one number to another. -/
def premisesMethod (sv : Server) (params : Json) (tk : IO.CancelToken) : IO Json := do
  let st ← stateAt sv (natD params "state" 0)
  let (s, groups) ← if boolD params "own" false then do
      let d ← docAt sv params
      let (s, js) := ownPremises st.env (natD params "start" 0) noSymbols [] (arrToList d.cmds)
      pure (s, [Json.mkObj [("module", Json.null), ("theorems", jarr js)]])
    else modulePremises st.env tk (natD params "from" 0) (natD params "to" 0) noSymbols []
  return Json.mkObj [("symbols", jarr (revL s.texts)), ("groups", jarr groups)]

partial def digest (md : ModuleData) (i : Nat) (acc : UInt64) : UInt64 :=
  if h : i < md.constants.size then
    let info := md.constants[i]'h
    digest md (i + 1) (mixHash acc (mixHash info.name.hash info.type.hash))
  else acc

/-- The imported modules in runs of about so many constants.  Its digest says whether a run is as it was. -/
partial def runs (env : Environment) (limit first m count : Nat) (mixed : UInt64) (acc : List Json) : List Json :=
  let data := env.header.moduleData
  let one := Json.mkObj [("from", jnat first), ("to", jnat m), ("digest", Json.str (toString mixed))]
  if h : m < data.size then
    if count >= limit then runs env limit m m 0 7 (one :: acc)
    else
      let md := data[m]'h
      let name := match env.header.moduleNames[m]? with
        | some n => n.hash
        | none => 0
      runs env limit first (m + 1) (count + md.constants.size) (digest md 0 (mixHash mixed name)) acc
  else revL (if first == m then acc else one :: acc)

def librariesMethod (sv : Server) (params : Json) : IO Json := do
  let st ← stateAt sv (natD params "state" 0)
  return Json.mkObj [("runs", jarr (runs st.env (natD params "limit" 4000) 0 0 0 7 []))]

/-- What theorems say: their signatures, in the order in which they are asked for; null for one that is not there. -/
def statementsMethod (sv : Server) (params : Json) (tk : IO.CancelToken) : IO Json := do
  let st ← stateAt sv (natD params "state" 0)
  let js ← mapML (fun j => (one st j : IO Json)) (listD params "names")
  return Json.mkObj [("statements", jarr js)]
where
  one (st : ProofState) (j : Json) : BaseIO Json := do
    let text := match j with
      | .str s => s
      | _ => ""
    let x : MetaM Json := do
      let f ← PrettyPrinter.ppSignature (known st.env text.toName)
      return Json.str (f.fmt.pretty 100)
    let r ← runMeta st {} {} #[] st.options tk x
    match r.value with
    | .ok j => return j
    | .error _ => return Json.null
  known (env : Environment) (n : Name) : Name :=
    if env.contains n then n else mkPrivateName env n

/-! ## The library as a suite of statements -/

/-- The modules from number `i` on, each with its imports and the theorems that somebody has named. -/
partial def moduleList (env : Environment) (i fuel : Nat) (acc : List Json) : List Json × Nat × Bool :=
  let header := env.header
  if h : i < header.moduleNames.size then
    match fuel, header.moduleData[i]? with
    | _, none => (revL acc, i, true)
    | 0, _ => (revL acc, i, false)
    | fuel + 1, some data =>
      let named (n : Name) : Bool := isTheorem env n && !n.isInternal && !isPrivateName n
      let json := Json.mkObj [
        ("name", Json.str (header.moduleNames[i]'h).toString),
        ("imports", jstrs (mapL (fun (m : Import) => m.module.toString) (arrToList data.imports))),
        ("theorems", jstrs (mapL Name.toString (filterL named (arrToList data.constNames))))]
      moduleList env (i + 1) fuel (json :: acc)
  else (revL acc, i, true)

def modulesMethod (sv : Server) (params : Json) : IO Json := do
  let st ← stateAt sv (natD params "state" 0)
  let (found, next, done) := moduleList st.env (natD params "module" 0) (natD params "limit" 50) []
  return Json.mkObj [("modules", jarr found), ("next", jnat next), ("done", Json.bool done)]

/-- A theorem's binders and type as a file can state them that has only what its module imports; null where they speak
of something that its own module brings. -/
def signature (n : Name) : MetaM Json := do
  let env ← getEnv
  let info ← getConstInfo n
  let home := env.getModuleIdxFor? n
  if anyL (fun c => env.getModuleIdxFor? c == home) (arrToList info.type.getUsedConstants) then return Json.null
  let shown ← PrettyPrinter.ppSignature n
  return Json.str (shown.fmt.pretty 100)

def signatureMethod (sv : Server) (params : Json) (tk : IO.CancelToken) : IO Json := do
  let st ← stateAt sv (natD params "state" 0)
  let opts := ((st.options.setBool `pp.fullNames true).setBool `pp.proofs true).setBool `pp.numericTypes true
  let r ← runMeta st {} {} #[] opts tk (signature (strD params "name" "").toName)
  return Json.mkObj [("signature", match r.value with
    | .ok j => j
    | .error _ => Json.null)]

def forgetMethod (sv : Server) (params : Json) : IO Json := do
  forgetStates sv (mapL (fun j => match j with
    | .num n => n.mantissa.toNat
    | _ => 0) (listD params "states"))
  return Json.mkObj []

def closeMethod (sv : Server) (params : Json) : IO Json := do
  let key := strD params "doc" ""
  match lookup key (← sv.docs.get) with
  | some d => forgetAll sv (arrToList d.cmds)
  | none => pure ()
  sv.docs.modify (without key)
  return Json.mkObj []

def dispatch (sv : Server) (id : Nat) (method : String) (params : Json) (tk : IO.CancelToken) : IO Json := do
  match method with
  | "hello" => return Json.mkObj [("version", Json.str Lean.versionString), ("embedded", Json.bool sv.embedded),
      ("elaborations", jnat (← sv.elaborations.get))]
  | "open" => openDoc sv id params tk
  | "try" => tryMethod sv id params tk
  | "certify" => certifyMethod sv params tk
  | "replay" => replayMethod sv params tk
  | "axioms" => axiomsMethod sv params tk
  | "probe" => probeMethod sv params tk
  | "premises" => premisesMethod sv params tk
  | "libraries" => librariesMethod sv params
  | "statements" => statementsMethod sv params tk
  | "modules" => modulesMethod sv params
  | "signature" => signatureMethod sv params tk
  | "forget" => forgetMethod sv params
  | "close" => closeMethod sv params
  | other => throw (IO.userError s!"unknown method {other}")

/-- Appends to the queue between the reader's thread and the main one, and wakes the main one. -/
def enqueue (sv : Server) (line : Option String) : BaseIO Unit := do
  sv.queue.modify fun q => appendL q [line]
  match ← sv.queueWake.get with
  | some p => p.resolve ()
  | none => pure ()

/-- The next line; `none` at the end of the input. -/
partial def dequeue (sv : Server) : BaseIO (Option String) := do
  match ← sv.queue.modifyGet takeFirst with
  | some line => return line
  | none => do
    let p ← IO.Promise.new (α := Unit)
    sv.queueWake.set (some p)
    -- A line that came in between has seen no promise to keep.
    let q ← sv.queue.get
    if isNil q then
      let _ ← awaitPromise p
    sv.queueWake.set none
    dequeue sv
where
  takeFirst : List (Option String) → Option (Option String) × List (Option String)
    | [] => (none, [])
    | x :: xs => (some x, xs)

partial def readerLoop (sv : Server) (input : IO.FS.Stream) : IO Unit := do
  let text ← input.getLine
  if text == "" then
    enqueue sv none
  else do
    match Json.parse text with
    | .ok j =>
      if strD j "method" "" == "cancel" then do
        let target := natD j "target" 0
        sv.cancelled.modify fun xs => target :: xs
        match ← sv.job.get with
        | some job =>
          if job.id == target then do
            job.token.set
            match ← sv.deadline.get with
            | some (_, tk) => tk.set
            | none => pure ()
        | none => pure ()
    | .error _ => pure ()
    enqueue sv (some text)
    readerLoop sv input

def natMember (n : Nat) (ns : List Nat) : Bool := anyL (fun m => m == n) ns

def handle (sv : Server) (text : String) : IO Unit := do
  match Json.parse text with
  | .error e => say sv (Json.mkObj [("id", Json.null), ("error", Json.str ("not JSON: " ++ e))])
  | .ok j =>
    let id := natD j "id" 0
    let method := strD j "method" ""
    if method == "cancel" then
      -- By now the request it names was answered: the list need not grow.
      sv.cancelled.modify (filterL (fun n => !(n == natD j "target" 0)))
    else do
      let tk ← IO.CancelToken.new
      sv.job.set (some { id, token := tk })
      if natMember id (← sv.cancelled.get) then tk.set
      let params := match j.getObjVal? "params" with
        | .ok p => p
        | .error _ => Json.null
      let r ← EIO.toBaseIO (dispatch sv id method params tk)
      setDeadline sv none
      sv.job.set none
      match r with
      | .ok result => say sv (Json.mkObj [("id", jnat id), ("result", result)])
      | .error e => say sv (Json.mkObj [("id", jnat id), ("error", Json.str e.toString)])

partial def mainLoop (sv : Server) : IO Unit := do
  match ← dequeue sv with
  | some text => do
    handle sv text
    mainLoop sv
  | none => pure ()

/-- `args`: the token that begins each line of ours, and `embedded` on the embedded build. -/
def run (args : List String) : IO UInt32 := do
  let (prefix_, embedded) := match args with
    | [p, "embedded"] => (p, true)
    | p :: _ => (p, false)
    | [] => ("", false)
  let out ← IO.getStdout
  let input ← IO.getStdin
  let sv : Server := {
    prefix_, out, embedded, elaborations := ← IO.mkRef 0, docs := ← IO.mkRef [], states := ← IO.mkRef #[], headers := ← IO.mkRef [],
    deadline := ← IO.mkRef none, timerIdle := ← IO.mkRef false, timerWake := ← IO.mkRef none,
    job := ← IO.mkRef none, queue := ← IO.mkRef [], queueWake := ← IO.mkRef none, cancelled := ← IO.mkRef [] }
  let _ ← IO.asTask (readerLoop sv input) .dedicated
  let _ ← IO.asTask (timerLoop sv) .dedicated
  say sv (Json.mkObj [("ready", Json.bool true), ("version", Json.str Lean.versionString)])
  mainLoop sv
  -- The timer's thread never ends by itself.
  IO.Process.exit 0

end Unsorry

def main (args : List String) : IO UInt32 := Unsorry.run args
