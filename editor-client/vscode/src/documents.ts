// Which documents are ours: by language, and by ending where another extension has given the file another language.

export const LANGUAGES: readonly string[] = ["lean4", "lean", "isabelle", "isabelle-thy"];

const SCHEMES = ["file", "untitled"] as const;
const PATTERN = "**/*.{lean,thy}";

interface Filter {
  readonly scheme: string;
  readonly language?: string;
  readonly pattern?: string;
}

/** Filters for the language client and for VS Code alike. */
export function selector(): Filter[] {
  return SCHEMES.flatMap((scheme) => [...LANGUAGES.map((language) => ({ scheme, language })), { scheme, pattern: PATTERN }]);
}

/** Is this a document of ours? */
export function isOurs(document: { readonly languageId: string; readonly uri: { readonly scheme: string; readonly path: string } }): boolean {
  const { scheme, path } = document.uri;
  return SCHEMES.some((known) => known === scheme) && (LANGUAGES.includes(document.languageId) || /\.(lean|thy)$/.test(path));
}
