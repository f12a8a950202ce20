/** The parts of a JSON schema that the reference pages of YAML files show. */
export interface SchemaNode {
  type?: string | string[];
  description?: string;
  default?: unknown;
  const?: unknown;
  enum?: unknown[];
  pattern?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  anyOf?: SchemaNode[];
  items?: SchemaNode;
  properties?: Record<string, SchemaNode>;
  required?: string[];
}

/** What a page knows of its schema beside what the schema says. */
export interface PageWords {
  /** Texts that follow a pattern, as a person would tell them, by the pattern. */
  texts: Readonly<Record<string, string>>;
  /** Keys that tell the alternatives of one field apart; the first that an alternative has names its section. */
  telling: readonly string[];
}

/** A section with a table of its keys for the file, and one for each mapping inside it. Throws for what no words are known for. */
export function schemaSections(root: SchemaNode, words: PageWords): string {
  const sections: string[] = [];
  describe('The file', root, words, sections);
  return sections.join('\n');
}

function describe(title: string, node: SchemaNode, words: PageWords, sections: string[]): void {
  const rows = Object.entries(node.properties ?? {}).map(([key, field]) =>
    row(key, field, node.required ?? [], words),
  );
  sections.push(
    `## ${title}\n\n| key | value | default | meaning |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`,
  );
  for (const [key, field] of Object.entries(node.properties ?? {})) {
    // It says where to look.
    if (field.description?.includes('written like')) continue;
    for (const [name, inner] of nested(key, field, words)) describe(name, inner, words, sections);
  }
}

/** The mappings inside a field, each with the title of its own section. */
function nested(key: string, field: SchemaNode, words: PageWords): [string, SchemaNode][] {
  if (field.properties) return [[`\`${key}\``, field]];
  const items = [field.items, ...(field.anyOf ?? []).map((one) => one.items)];
  const alternatives = [...(field.anyOf ?? []), ...items, ...items.flatMap((one) => one?.anyOf ?? [])];
  const mappings = alternatives.filter((one): one is SchemaNode => one?.properties !== undefined);
  return mappings.map((one) => [
    `${field.anyOf?.includes(one) ? '' : 'Each of '}\`${key}\`${mappings.length > 1 ? ` with \`${distinct(one, words)}\`` : ''}`,
    one,
  ]);
}

/** What tells one alternative from another: a key only it has. */
function distinct(node: SchemaNode, { telling }: PageWords): string {
  const known = telling.find((key) => node.properties?.[key]);
  if (known === undefined) throw new Error('nothing is known that tells the alternatives of a field apart');
  return known;
}

function row(key: string, field: SchemaNode, required: string[], words: PageWords): string {
  const fallback =
    field.default === undefined
      ? required.includes(key)
        ? 'required'
        : '-'
      : `\`${JSON.stringify(field.default)}\``;
  return `| \`${key}\` | ${shape(field, words)} | ${fallback.replaceAll('|', '\\|')} | ${field.description ?? ''} |`;
}

const TYPES: Readonly<Record<string, string>> = { string: 'text', array: 'list', object: 'mapping' };

function shape(field: SchemaNode, words: PageWords): string {
  if (field.const !== undefined) return `\`${String(field.const)}\``;
  if (field.enum) return field.enum.map((word) => `\`${String(word)}\``).join(', ');
  if (field.anyOf) return [...new Set(field.anyOf.map((one) => shape(one, words)))].join(' or ');
  if (Array.isArray(field.type)) return field.type.map((type) => TYPES[type] ?? type).join(' or ');
  if (field.type === 'integer' || field.type === 'number') return number(field);
  if (field.pattern === undefined) return TYPES[field.type ?? ''] ?? field.type ?? 'any';
  const told = words.texts[field.pattern];
  if (told === undefined) throw new Error(`no words are known for texts like ${field.pattern}`);
  return told;
}

function number(field: SchemaNode): string {
  const whole = field.type === 'integer' ? 'whole number' : 'number';
  const least =
    field.exclusiveMinimum !== undefined
      ? `above ${field.exclusiveMinimum}`
      : field.minimum !== undefined
        ? `from ${field.minimum}`
        : '';
  const most =
    field.maximum !== undefined && field.maximum < Number.MAX_SAFE_INTEGER ? `to ${field.maximum}` : '';
  return [whole, least, most].filter((part) => part !== '').join(' ');
}
