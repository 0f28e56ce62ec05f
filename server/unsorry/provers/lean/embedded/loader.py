"""Edits the Lean package's JavaScript loader so that it serves as an ordinary child process.

The loader (made by Emscripten) is edited as text, once, when the package is set up.
What the edited loader needs at run time stands in ``host.cjs`` and is reached through
the global ``unsorryHost``; the edits only put calls to it in place.  Each edit names
the text that it replaces and how often that must occur, so that a package with
another loader is refused instead of half mended.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from unsorry.errors import SetupError

# The loader declares a variable for each of the module's 201,000 exports and assigns
# them all at start; these three texts are around the declarations and assignments.
_DECLARATIONS: Final = "var _main,_lean_main"
_ASSIGNMENTS: Final = "function assignWasmExports(wasmExports){"
_AFTER_ASSIGNMENTS: Final = "var wasmImports;function assignWasmImports(){"

_NAME: Final = re.compile(r"[A-Za-z_$][\w$]*")
_ASSIGNMENT: Final = re.compile(
    r'([A-Za-z_$][\w$]*)=((?:Module\["[^"]+"\]=)?(?:wasmTable=)?wasmExports\["([^"]+)"\](?:\.value)?)'
)
_READ_EXPORT: Final = re.compile(r'wasmExports\["([^"]+)"\]')

# Read by the host or by the engine itself, never through a loader variable.
_ALWAYS_EXPORTED: Final = frozenset({"__indirect_function_table", "_emscripten_tls_init"})


@dataclass(frozen=True)
class Edit:
    """One replacement, with the reason in its name."""

    name: str
    old: str
    new: str
    count: int = 1


def apply(text: str, edits: Sequence[Edit]) -> str:
    """Makes the edits in order; raises `SetupError` where the text is not as expected."""
    for edit in edits:
        _check(edit.name, text.count(edit.old), edit.count)
        text = text.replace(edit.old, edit.new)
    return text


def _check(name: str, found: int, wanted: int) -> None:
    if found != wanted:
        raise SetupError(
            "The Lean package is not the one this version of Unsorry knows: its loader has the text "
            f"for '{name}' {found} times, not {wanted}. Install the version of Unsorry made for it."
        )


def slim(text: str) -> str:
    """Drops the declarations and assignments of exports that no other code reads."""
    for name, mark in (
        ("export declarations", _DECLARATIONS),
        ("export assignments", _ASSIGNMENTS),
        ("import assignments", _AFTER_ASSIGNMENTS),
    ):
        _check(name, text.count(mark), 1)
    head, rest = text.split(_DECLARATIONS)
    _, rest = rest.split(_ASSIGNMENTS)
    body, tail = rest.split(_AFTER_ASSIGNMENTS)
    read = set(_NAME.findall(head)) | set(_NAME.findall(tail))
    kept: list[tuple[str, str]] = []
    for statement in body.removesuffix("}").split(";"):
        match = _ASSIGNMENT.fullmatch(statement)
        if match is None:
            _check(f"one export assignment ({statement[:60]})", 0, 1)
            continue
        if match[1] in read or "wasmTable=" in statement:
            kept.append((match[1], statement))
    names = ",".join(name for name, _ in kept)
    statements = ";".join(statement for _, statement in kept)
    declared = f"var {names};" if kept else ""
    return f"{head}{declared}{_ASSIGNMENTS}{statements}}}{_AFTER_ASSIGNMENTS}{tail}"


def exports_read(text: str) -> frozenset[str]:
    """The exports that a slim loader still reads: these must stay exports."""
    return frozenset(_READ_EXPORT.findall(text)) | _ALWAYS_EXPORTED


def mend(text: str) -> str:
    """Makes a slim loader one that works under ``host.cjs``."""
    return unguard(quiet_constants(apply(text, EDITS)))


# Calls of the system interface that a thread made by asking the main thread, each
# time waiting up to a millisecond for it.  With the same mounts in every thread's
# file system, a thread can serve itself.
_GUARDED: Final = re.compile(
    r"(function (?:___syscall_\w+|_fd_\w+|__mmap_js|__munmap_js|__msync_js|_environ_\w+)\([^)]*\)\{)"
    r"if\(ENVIRONMENT_IS_PTHREAD\)return proxyToMainThread\([^)]*\);"
)
_GUARDED_COUNT: Final = 60


def unguard(text: str, count: int = _GUARDED_COUNT) -> str:
    """Lets every thread do its own system calls."""
    text, found = _GUARDED.subn(r"\1", text)
    _check("system calls made through the main thread", found, count)
    return text


_CONSTANTS: Final = "var ASM_CONSTS={"
_CONSTANT: Final = re.compile(r"(\d+):(?:(?:\$0|\([^)]*\))=>|function\(\))\{")
_DEBUG: Final = '"[DEBUG:'
_KEPT_DEBUG: Final = "[DEBUG:ASSERT]"
# Moments in Lean's own start that `unsorry bench` reports.
_MARKS: Final = {
    "INIT] lean_initialize() started": "lean-start",
    "INIT] lean_initialize() completed successfully": "lean-initialized",
    "E] About to call run_shell_main": "lean-main",
}


def quiet_constants(text: str) -> str:
    """Takes the debug output out of the snippets of JavaScript that the C++ code calls.

    The snippet that makes directories and mounts the user's home goes with it:
    mounting is the host's business.  A failed assertion is still told, on standard
    error.
    """
    _check("embedded snippets", text.count(_CONSTANTS), 1)
    start = text.index(_CONSTANTS) + len(_CONSTANTS)
    snippets = list(_snippets(text, start))
    end = snippets[-1].end if snippets else start
    table = ",".join(f"{snippet.head}{{{_quiet(snippet.body)}}}" for snippet in snippets)
    for name in _MARKS.values():
        _check(f"the moment {name}", table.count(f'"{name}"'), 1)
    _check("debug output", table.count(_DEBUG), 0)
    _check("the end of the snippets", int(text.startswith("};", end)), 1)
    return text[:start] + table + text[end:]


class _Snippet(NamedTuple):
    """An entry of the table: ``key:parameters=>``, the body, and where it ends."""

    head: str
    body: str
    end: int


def _quiet(body: str) -> str:
    if _KEPT_DEBUG in body:
        return body.replace('console.log("[DEBUG:ASSERT] ', 'err("')
    if _DEBUG not in body:
        return body
    mark = next((name for words, name in _MARKS.items() if words in body), None)
    return "" if mark is None else f'unsorryHost.mark("{mark}")'


def _snippets(text: str, position: int) -> Iterator[_Snippet]:
    while match := _CONSTANT.match(text, position):
        end = _closing_brace(text, match.end())
        yield _Snippet(text[match.start() : match.end() - 1], text[match.end() : end], end + 1)
        position = end + 2  # a comma, or the brace that ends the table


def _closing_brace(text: str, position: int) -> int:
    depth = 1
    while depth:
        character = text[position]
        if character in "\"'`":
            position = text.index(character, position + 1)
        elif character == "{":
            depth += 1
        elif character == "}":
            depth -= 1
        position += 1
    return position - 1


EDITS: Final[Sequence[Edit]] = (
    Edit(
        "the module object",
        'var Module=typeof Module!="undefined"?Module:{};',
        "var Module=unsorryHost.module;",
    ),
    Edit(
        "how a thread knows itself",
        'worker_threads["workerData"]=="em-pthread"',
        "unsorryHost.isThread",
    ),
    Edit(
        "the program name",
        'if(process.argv.length>1){thisProgram=process.argv[1].replace(/\\\\/g,"/")}',
        'thisProgram="lean";',
    ),
    # Standard output belongs to Lean: what the runtime has to say goes to the other one.
    Edit(
        "the runtime's own messages",
        "fs.writeSync(1,args.map(stringify)",
        "unsorryHost.say(args.map(stringify)",
    ),
    Edit(
        "the runtime's own errors",
        "fs.writeSync(2,args.map(stringify)",
        "unsorryHost.say(args.map(stringify)",
    ),
    # Exit and failure: see "Ending" in host.cjs.
    Edit(
        "the end of the process",
        "quit_=(status,toThrow)=>{process.exitCode=status;throw toThrow}",
        "quit_=(status,toThrow)=>unsorryHost.quit(status,toThrow)",
    ),
    Edit(
        "exit from a thread",
        'if(ENVIRONMENT_IS_PTHREAD){exitOnMainThread(status);throw"unwind"}',
        "if(ENVIRONMENT_IS_PTHREAD){unsorryHost.exit(status,_fflush)}",
    ),
    Edit(
        "immediate exit from a thread",
        "function _proc_exit(code){if(ENVIRONMENT_IS_PTHREAD)return proxyToMainThread(0,0,1,code);",
        "function _proc_exit(code){if(ENVIRONMENT_IS_PTHREAD)unsorryHost.exit(code);",
    ),
    Edit(
        "an uncaught exception in a thread",
        'err=>{postMessage({cmd:"uncaughtException",error:err});process.exit(1)}',
        "err=>unsorryHost.crash(err)",
    ),
    Edit(
        "a thread's failure seen by the main thread",
        'worker.onerror=e=>{var message="worker sent an error!";'
        "err(`${message} ${e.filename}:${e.lineno}: ${e.message}`);throw e};",
        "worker.onerror=e=>unsorryHost.crash(e);",
    ),
    Edit(
        "a crash inside a thread's call",
        "catch(ex){__emscripten_thread_crashed();throw ex}",
        "catch(ex){unsorryHost.crash(ex)}",
    ),
    # Threads: one for Lean's own main, so that the first thread stays free to serve.
    Edit("the number of threads", "var pthreadPoolSize=4;", "var pthreadPoolSize=unsorryHost.pool;"),
    Edit(
        "waiting for all threads before main",
        'addRunDependency("loading-workers");await pthreadPoolReady;removeRunDependency("loading-workers")',
        "",
    ),
    Edit(
        "starting a thread",
        'worker=new Worker(pthreadMainJs,{workerData:"em-pthread",name:"em-pthread"})',
        "worker=unsorryHost.newWorker()",
    ),
    # The memory of a joined thread (its stack among it) was freed while its worker still
    # ran the end of that thread: every 25th process died of a broken heap.
    Edit(
        "freeing a thread",
        "worker.pthread_ptr=0;__emscripten_thread_free_data(pthread_ptr)",
        "worker.pthread_ptr=0;unsorryHost.later(()=>__emscripten_thread_free_data(pthread_ptr))",
    ),
    Edit(
        "the number of processors",
        'ENVIRONMENT_IS_NODE?require("os").cpus().length:navigator["hardwareConcurrency"]',
        "unsorryHost.cores",
    ),
    Edit(
        "the look-up of main",
        'var entryFunction=resolveGlobalSymbol("main").sym;if(!entryFunction)return;',
        "",
    ),
    Edit(
        "the call of main",
        "try{var ret=entryFunction(argc,argv);exitJS(ret,true);return ret}catch(e){return handleException(e)}",
        "unsorryHost.startMain(argc,argv,_malloc,()=>(growMemViews(),HEAPU32),getWasmTableEntry)",
    ),
    Edit(
        "the start of a thread",
        "var result=getWasmTableEntry(ptr)(arg);",
        "if(ptr===unsorryHost.mainSlot){var view=(growMemViews(),HEAPU32);"
        "var status=getWasmTableEntry(ptr)(view[arg>>2],view[arg+4>>2]);"
        "exitJS(unsorryHost.status(status,(growMemViews(),HEAPU32)))}"
        "var result=getWasmTableEntry(ptr)(arg);",
    ),
    # Names: the symbol table instead of exports.
    Edit(
        "dlsym",
        "newSymIndex=Object.keys(lib.exports).indexOf(symbol);if(newSymIndex==-1||lib.exports[symbol].stub)",
        'if(lib.handle===0||lib.name=="__main__"){const slot=unsorryHost.symbol(symbol);'
        "if(slot!==undefined)return slot;dlSetError(`unknown symbol ${symbol}`);return 0}"
        "newSymIndex=Object.keys(lib.exports).indexOf(symbol);"
        "if(newSymIndex==-1||lib.exports[symbol].stub)",
    ),
    Edit(
        "the global offset table",
        "assignWasmExports(wasmExports);updateGOT(origExports);",
        "assignWasmExports(wasmExports);"
        "for(const name of Object.keys(GOT))if(GOT[name].value==-1){"
        "const slot=unsorryHost.symbol(name);if(slot!==undefined)GOT[name].value=slot}",
    ),
    Edit(
        "thread-local exports",
        "metadata.tlsExports.forEach(s=>tlsExports[s]=moduleExports[s]);",
        "metadata.tlsExports.forEach(s=>{if(moduleExports[s])tlsExports[s]=moduleExports[s]});",
    ),
    # 200,000 look-ups at start, for a feature (adding functions) that nothing here uses.
    Edit(
        "the scan of the function table",
        "functionsInTableMap=new WeakMap;updateTableMap(0,wasmTable.length)",
        "functionsInTableMap=new WeakMap",
    ),
    # The module.
    Edit(
        "the start of the run",
        "function doRun(){",
        'function doRun(){unsorryHost.mark("instantiated");',
    ),
    # Files.
    Edit(
        "a thread's file system",
        "if(ENVIRONMENT_IS_PTHREAD)return startWorker();",
        "if(ENVIRONMENT_IS_PTHREAD){FS.init();TTY.init();SOCKFS.root=FS.mount(SOCKFS,{},null);"
        "PIPEFS.root=FS.mount(PIPEFS,{},null);unsorryHost.mount(FS,NODEFS);"
        "FS.ignorePermissions=false;return startWorker()}",
    ),
    Edit(
        "the first thread's file system",
        "callRuntimeCallbacks(onPostCtors);FS.ignorePermissions=false",
        "callRuntimeCallbacks(onPostCtors);unsorryHost.mount(FS,NODEFS);FS.ignorePermissions=false",
    ),
    # A file opened by one thread is unknown to the others: its number must not be
    # taken for a file of theirs.
    Edit(
        "file numbers",
        "for(var fd=0;fd<=FS.MAX_OPEN_FDS;fd++){if(!FS.streams[fd]){return fd}}",
        "for(var fd=0;fd<3;fd++){if(!FS.streams[fd]){return fd}}"
        "for(var fd=unsorryHost.firstFile;fd<=unsorryHost.firstFile+FS.MAX_OPEN_FDS;fd++)"
        "{if(!FS.streams[fd]){return fd}}",
    ),
    Edit("the environment", "var ENV={};", "var ENV=unsorryHost.env;"),
    Edit("where the program is", "if(isNode){path=__filename}", 'if(isNode){path="/lean/bin/lean"}'),
    # Standard streams.
    Edit(
        "reading standard input",
        "read(stream,buffer,offset,length,pos){if(!stream.tty||!stream.tty.ops.get_char)",
        "read(stream,buffer,offset,length,pos){if(stream.tty?.ops===TTY.default_tty_ops)"
        "return unsorryHost.read(buffer,offset,length);"
        "if(!stream.tty||!stream.tty.ops.get_char)",
    ),
    Edit(
        "a read in several pieces",
        "iov+=8;var curr=FS.read(stream,(growMemViews(),HEAP8),ptr,len,offset);",
        "iov+=8;if(ret>0&&stream.tty&&!unsorryHost.readable())break;"
        "var curr=FS.read(stream,(growMemViews(),HEAP8),ptr,len,offset);",
    ),
    Edit(
        "writing standard output",
        "write(stream,buffer,offset,length,pos){if(!stream.tty||!stream.tty.ops.put_char)",
        "write(stream,buffer,offset,length,pos){"
        "const failed=unsorryHost.write(stream.tty.ops===TTY.default_tty1_ops?2:1,"
        "buffer,offset,length);if(failed)throw new FS.ErrnoError(failed);return length;"
        "if(!stream.tty||!stream.tty.ops.put_char)",
    ),
)
