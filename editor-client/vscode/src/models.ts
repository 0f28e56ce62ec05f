// Which model is asked for candidates: a choice that ends as settings.

export type Choice =
  | { readonly kind: "none" }
  | { readonly kind: "local"; readonly model: string }
  | { readonly kind: "endpoint"; readonly address: string; readonly model: string };

const SOURCES = ["http", "transformers"] as const;

/**
 * The settings that a choice means, by key, given the sources that are asked now.
 *
 * The model's name says how it is asked: a preset that was set, here or in the project's files, was another model's.
 */
export function settingsFor(choice: Choice, use: readonly string[]): Record<string, unknown> {
  const others = use.filter((source) => !SOURCES.some((model) => model === source));
  switch (choice.kind) {
    case "none":
      return { "suggest.use": others.length > 0 ? others : ["rules", "neighbours"] };
    case "local":
      return { "transformers.model": choice.model, "transformers.preset": "", "suggest.use": [...others, "transformers"] };
    case "endpoint":
      return { "http.address": choice.address, "http.model": choice.model, "http.preset": "", "suggest.use": [...others, "http"] };
  }
}

/** The models that `unsorry models --json` names; none where it printed something else. */
export function knownModels(output: string): readonly { readonly name: string; readonly bytes: number }[] {
  try {
    const told = JSON.parse(output) as { local?: { cached?: unknown } };
    const cached = told.local?.cached;
    return Array.isArray(cached) ? cached.filter(isModel) : [];
  } catch {
    return [];
  }
}

function isModel(value: unknown): value is { readonly name: string; readonly bytes: number } {
  return typeof value === "object" && value !== null && "name" in value && "bytes" in value && typeof value.name === "string";
}

/** Is this the address of an endpoint, such as http://127.0.0.1:11434/v1? */
export function addressProblem(address: string): string | undefined {
  try {
    const { protocol } = new URL(address);
    return protocol === "http:" || protocol === "https:" ? undefined : "An address begins with http:// or https://.";
  } catch {
    return "An address is like http://127.0.0.1:11434/v1.";
  }
}
