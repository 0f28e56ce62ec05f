// What the status item says.

import type { ProjectStatus, Status, TextStatus } from "./protocol.ts";
import type { State } from "./server/connection.ts";

export interface Shown {
  readonly text: string;
  /** Markdown. */
  readonly tooltip: string;
  readonly warning: boolean;
}

/** The project that works on a file: the one whose root is nearest around it, among those with the prover it needs. */
export function projectOf(projects: readonly ProjectStatus[], path: string): ProjectStatus | undefined {
  const prover = path.endsWith(".thy") ? "isabelle" : "lean";
  const fitting = projects.filter(({ prover: { name }, root }) => {
    return name.toLowerCase() === prover && (root === null || isInside(path, root));
  });
  return fitting.sort((one, other) => (other.root?.length ?? 0) - (one.root?.length ?? 0))[0];
}

function isInside(path: string, root: string): boolean {
  const [file, folder] = [path, root].map((place) => place.replaceAll("\\", "/").replace(/\/$/, "")) as [string, string];
  return file.startsWith(`${folder}/`);
}

/** The status item for the active document, if it is one of ours; `path` is its file's. */
export function shown(state: State, status: Status | undefined, document?: { readonly uri: string; readonly path: string }): Shown {
  switch (state.kind) {
    case "off":
      return { text: "$(circle-slash) Unsorry: stopped", tooltip: "The server is stopped.", warning: false };
    case "untrusted":
      return { text: "$(shield) Unsorry: folder not trusted", tooltip: "Nothing is started before you trust this folder. Click to do so.", warning: false };
    case "looking":
    case "starting":
      return { text: "$(loading~spin) Unsorry", tooltip: "The server is starting.", warning: false };
    case "missing":
      return { text: "$(warning) Unsorry: no server", tooltip: state.why, warning: true };
    case "waiting":
      return {
        text: "$(warning) Unsorry",
        tooltip: `The server ended by itself; it is started again in ${String(state.seconds)} s.`,
        warning: true,
      };
    case "failed":
      return { text: "$(error) Unsorry", tooltip: state.why, warning: true };
    case "running":
      return running(state.where, status, document);
  }
}

function running(where: string, status: Status | undefined, document?: { readonly uri: string; readonly path: string }): Shown {
  const text = status?.texts.find(({ uri }) => uri === document?.uri);
  const project = status === undefined || document === undefined ? undefined : projectOf(status.projects, document.path);
  const working = document === undefined ? (status?.projects.some((one) => one.working) ?? false) : isWorking(text);
  const trouble = text?.failure ?? project?.trouble ?? (document === undefined ? status?.troubles[0] : undefined) ?? null;
  const icon = working ? "$(loading~spin)" : trouble === null ? "$(check)" : "$(warning)";
  const parts = [
    project === undefined ? "Unsorry" : project.prover.name,
    ...(project?.model == null ? [] : [shortModel(project.model)]),
    // Before the text has been read nobody knows how many there are.
    ...(text === undefined || (working && text.counts.total === 0) ? [] : [holes(text)]),
  ];
  return { text: `${icon} ${parts.join(" · ")}`, tooltip: tooltip(where, working, trouble, project, text), warning: trouble !== null };
}

function isWorking(text: TextStatus | undefined): boolean {
  return text !== undefined && text.phase !== "idle" && text.phase !== "failed";
}

/** How many holes a text has, and for how many of them a proof is ready. */
export function holes({ counts: { total, proved } }: TextStatus): string {
  if (total === 0) return "no holes";
  const left = `${String(total)} hole${total === 1 ? "" : "s"}`;
  return proved === 0 ? left : `${left}, ${String(proved)} ready`;
}

/** A model's name without the folder or the organisation that it is from. */
function shortModel(name: string): string {
  const short = name.replace(/[/\\]+$/, "").split(/[/\\]/).at(-1) ?? name;
  return short.length <= 24 ? short : `${short.slice(0, 23)}…`;
}

function tooltip(where: string, working: boolean, trouble: string | null, project?: ProjectStatus, text?: TextStatus): string {
  const lines = [`**Unsorry** is ${working ? "working" : "idle"}.`];
  if (project !== undefined) {
    const { name, version, origin } = project.prover;
    lines.push(`Prover: ${[name, version.split(",")[0]].filter((part) => part !== "").join(" ")} (${origin})`);
    lines.push(`Model: ${project.model ?? "none"}`);
  }
  if (text !== undefined) {
    const { total, proved, open, left } = text.counts;
    lines.push(
      `Holes: ${String(total)}; ${String(proved)} with a proof ready, ${String(open)} searched in vain, ${String(left)} to come`,
    );
  }
  if (trouble !== null) lines.push(`$(warning) ${trouble}`);
  lines.push(`Server: ${where}`, "Click for all commands.");
  return lines.join("\n\n");
}
