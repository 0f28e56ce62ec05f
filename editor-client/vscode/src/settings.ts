// What the server is told of VS Code's settings: only what somebody has set.
//
// VS Code knows a default for every setting. Sent as well, these would win over the project's `unsorry.toml`.

/** The part of VS Code's `inspect` that says what was set, the weakest first. */
export interface Inspected {
  readonly globalValue?: unknown;
  readonly workspaceValue?: unknown;
  readonly workspaceFolderValue?: unknown;
}

/** The settings that were set, by key (`server.proveOnSave`), of those that are the server's. */
export function forServer(keys: readonly string[], inspect: (key: string) => Inspected | undefined): Record<string, unknown> {
  const set: Record<string, unknown> = {};
  for (const key of keys) {
    const found = inspect(key);
    const value = found?.workspaceFolderValue ?? found?.workspaceValue ?? found?.globalValue;
    if (value !== undefined) set[key] = value;
  }
  return set;
}
