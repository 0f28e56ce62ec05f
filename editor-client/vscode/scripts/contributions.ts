// The server's settings as VS Code wants them: from the JSON schema, into the text of package.json.

interface Section {
  readonly properties: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

interface Schema {
  readonly properties: Readonly<Record<string, Section>>;
}

interface Contributed {
  readonly title: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

interface Manifest {
  readonly contributes: { readonly configuration: readonly Contributed[] };
}

// Sections that name programs, places to send goals to, code to load, or what a proof may rest on: a folder may set nothing
// of these before it is trusted.
const RESTRICTED: readonly string[] = ["lean", "isabelle", "trust", "http", "transformers", "premises", "setup"];

function camel(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function full(section: string, key: string): string {
  return `unsorry.${section}.${camel(key)}`;
}

/** One group of settings for each section of the schema. */
export function sections(schema: Schema): Contributed[] {
  return Object.entries(schema.properties).map(([section, { properties }]) => ({
    title: `${section.charAt(0).toUpperCase()}${section.slice(1)}`,
    properties: Object.fromEntries(
      Object.entries(properties).map(([key, property]) => [full(section, key), { scope: "window", ...property }]),
    ),
  }));
}

/** package.json with the settings of a schema.  The first group is the extension's own, and stays. */
export function generated(manifest: string, schema: string): string {
  const parsed = JSON.parse(manifest) as Manifest & { capabilities: { untrustedWorkspaces: object } };
  const [own] = parsed.contributes.configuration;
  if (own === undefined) throw new Error("package.json has no group for the settings of the extension itself");
  const { properties } = JSON.parse(schema) as Schema;
  const gone = RESTRICTED.filter((section) => !(section in properties));
  if (gone.length > 0) throw new Error(`the schema has no ${gone.join(", ")}`);
  const restrictedConfigurations = [
    ...Object.keys(own.properties),
    ...RESTRICTED.flatMap((section) => Object.keys(properties[section]?.properties ?? {}).map((key) => full(section, key))),
  ];
  const configuration = [own, ...sections({ properties })];
  const made = {
    ...parsed,
    capabilities: {
      ...parsed.capabilities,
      untrustedWorkspaces: { ...parsed.capabilities.untrustedWorkspaces, restrictedConfigurations },
    },
    contributes: { ...parsed.contributes, configuration },
  };
  return `${JSON.stringify(made, null, 2)}\n`;
}
