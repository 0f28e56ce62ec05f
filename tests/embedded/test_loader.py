"""The loader's edits: made where the text is as expected, refused where it is not."""

from __future__ import annotations

import pytest

from unsorry.errors import SetupError
from unsorry.provers.lean.embedded import loader

PUBLISHED = (
    "var used=1;call(_main,_kept);"
    "var _main,_lean_main,_kept,_unread;"
    "function assignWasmExports(wasmExports){"
    '_main=Module["_main"]=wasmExports["__main_argc_argv"];'
    '_lean_main=Module["_lean_main"]=wasmExports["lean_main"];'
    '_kept=wasmExports["kept"].value;'
    '_unread=Module["_unread"]=wasmExports["unread"];'
    '__table=Module["__table"]=wasmTable=wasmExports["__indirect_function_table"]}'
    "var wasmImports;function assignWasmImports(){wasmImports={}}"
)


def test_slimming_keeps_what_is_read() -> None:
    slim = loader.slim(PUBLISHED)
    assert slim == (
        "var used=1;call(_main,_kept);"
        "var _main,_kept,__table;"
        "function assignWasmExports(wasmExports){"
        '_main=Module["_main"]=wasmExports["__main_argc_argv"];'
        '_kept=wasmExports["kept"].value;'
        '__table=Module["__table"]=wasmTable=wasmExports["__indirect_function_table"]}'
        "var wasmImports;function assignWasmImports(){wasmImports={}}"
    )
    assert loader.exports_read(slim) == {
        "__main_argc_argv",
        "kept",
        "__indirect_function_table",
        "_emscripten_tls_init",
    }


def test_slimming_refuses_a_statement_that_it_does_not_know() -> None:
    with pytest.raises(SetupError, match="one export assignment"):
        loader.slim(PUBLISHED.replace('wasmExports["kept"].value', 'make("kept")'))


def test_slimming_refuses_another_loader() -> None:
    with pytest.raises(SetupError, match="export declarations"):
        loader.slim("var x;")


def test_an_edit_must_find_its_text_as_often_as_it_says() -> None:
    edit = loader.Edit("the number of threads", "size=4;", "size=1;")
    assert loader.apply("var size=4;", [edit]) == "var size=1;"
    for text in ("var size=8;", "size=4;size=4;"):
        with pytest.raises(SetupError, match="the number of threads"):
            loader.apply(text, [edit])


@pytest.mark.parametrize("edit", loader.EDITS, ids=lambda edit: edit.name)
def test_each_edit_of_the_real_loader_is_refused_on_other_text(edit: loader.Edit) -> None:
    with pytest.raises(SetupError) as caught:
        loader.apply("something else", [edit])
    assert f"'{edit.name}'" in str(caught.value)


def test_system_calls_are_made_in_their_own_thread() -> None:
    text = (
        "function ___syscall_openat(a,b){if(ENVIRONMENT_IS_PTHREAD)return proxyToMainThread(3,0,1,a,b);go()}"
        "function _fd_read(a){if(ENVIRONMENT_IS_PTHREAD)return proxyToMainThread(4,0,1,a);go()}"
        "function _other(a){if(ENVIRONMENT_IS_PTHREAD)return proxyToMainThread(5,0,1,a);go()}"
    )
    assert loader.unguard(text, 2) == (
        "function ___syscall_openat(a,b){go()}function _fd_read(a){go()}"
        "function _other(a){if(ENVIRONMENT_IS_PTHREAD)return proxyToMainThread(5,0,1,a);go()}"
    )
    with pytest.raises(SetupError, match="system calls"):
        loader.unguard(text, 3)


SNIPPETS = (
    'var ASM_CONSTS={1:()=>{console.log("[DEBUG:A] {"+f({a:1}))},'
    '2:function(){console.log("[DEBUG:INIT] lean_initialize() started")},'
    '3:$0=>{console.log("[DEBUG:INIT] lean_initialize() completed successfully")},'
    '4:($0,$1)=>{console.log("[DEBUG:E] About to call run_shell_main with argc="+$0)},'
    '5:$0=>{console.log("[DEBUG:ASSERT] File: "+$0)},'
    "6:$0=>{return {a:$0}}};var after;"
)


def test_debug_output_of_the_snippets_is_dropped() -> None:
    assert loader.quiet_constants(SNIPPETS) == (
        "var ASM_CONSTS={1:()=>{},"
        '2:function(){unsorryHost.mark("lean-start")},'
        '3:$0=>{unsorryHost.mark("lean-initialized")},'
        '4:($0,$1)=>{unsorryHost.mark("lean-main")},'
        '5:$0=>{err("File: "+$0)},'
        "6:$0=>{return {a:$0}}};var after;"
    )


def test_a_snippet_of_another_form_is_refused() -> None:
    with pytest.raises(SetupError, match="the end of the snippets"):
        loader.quiet_constants(SNIPPETS.replace("6:$0=>", "6:async $0=>"))
