std = "luajit"
read_globals = { "vim" }
-- What is set through these tables is the editor's.
globals = { "vim.bo", "vim.wo" }
max_line_length = 120
