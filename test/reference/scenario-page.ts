import { scenarioSchema } from '@faultline/contracts';
import { z } from 'zod';

interface Node {
  type?: string;
  description?: string;
  default?: unknown;
  const?: unknown;
  enum?: unknown[];
  pattern?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  anyOf?: Node[];
  items?: Node;
  properties?: Record<string, Node>;
  required?: string[];
}

const HEAD = `# Scenario file

<!-- Generated from the schema in libs/contracts/src/scenario/schema.ts; \`UPDATE_REFERENCE=1 npx jest test/reference\` writes it anew. -->

A scenario is a YAML file. Unknown keys are errors. Any value can be changed from the command line with \`--set key=value\`, with dots
for what is inside and numbers for places in a list: \`--set workers.processes=4 --set devices.0.credits=8\`.

A name has 1 to 32 letters \`a-z\`, digits and \`-\`. A step of the timeline has exactly one action, and perhaps \`after\`.
`;

/** Texts that follow a pattern, as a person would tell them; of names the head of the page says what they look like. */
const TEXTS: Readonly<Record<string, string>> = {
  '^[a-z0-9][a-z0-9-]{0,31}$': 'name',
  '^(?=.*[rwx])[rwx-]{1,3}$': 'letters `r`, `w`, `x`, `-`',
  '^(global|per-iommu|per-fault-queue|per-domain|hash:[1-9][0-9]{0,3})$':
    '`global`, `per-iommu`, `per-fault-queue`, `per-domain`, `hash:N`',
};

/** The reference page of the scenario file, from the schema that checks it. */
export function scenarioPage(): string {
  const root = z.toJSONSchema(scenarioSchema, { io: 'input' }) as Node;
  const sections: string[] = [];
  describe('The file', root, sections);
  return `${HEAD}\n${sections.join('\n')}`;
}

function describe(title: string, node: Node, sections: string[]): void {
  const rows = Object.entries(node.properties ?? {}).map(([key, field]) =>
    row(key, field, node.required ?? []),
  );
  sections.push(
    `## ${title}\n\n| key | value | default | meaning |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`,
  );
  for (const [key, field] of Object.entries(node.properties ?? {})) {
    // It says where to look.
    if (field.description?.includes('written like')) continue;
    for (const [name, inner] of nested(key, field)) describe(name, inner, sections);
  }
}

/** The mappings inside a field, each with the title of its own section. */
function nested(key: string, field: Node): [string, Node][] {
  if (field.properties) return [[`\`${key}\``, field]];
  const alternatives = [
    ...(field.anyOf ?? []),
    field.items,
    ...(field.items?.anyOf ?? []),
    ...(field.anyOf ?? []).map((one) => one.items),
  ];
  const mappings = alternatives.filter((one): one is Node => one?.properties !== undefined);
  return mappings.map((one) => [
    `${field.anyOf?.includes(one) ? '' : 'Each of '}\`${key}\`${mappings.length > 1 ? ` with \`${distinct(one)}\`` : ''}`,
    one,
  ]);
}

/** What tells one alternative from another: a key only it has. */
function distinct(node: Node): string {
  const known = ['trace', 'pattern', 'median', 'values'].find((key) => node.properties?.[key]);
  if (known === undefined) throw new Error('nothing is known that tells the alternatives of a field apart');
  return known;
}

function row(key: string, field: Node, required: string[]): string {
  const fallback =
    field.default === undefined
      ? required.includes(key)
        ? 'required'
        : '-'
      : `\`${JSON.stringify(field.default)}\``;
  return `| \`${key}\` | ${shape(field)} | ${fallback.replaceAll('|', '\\|')} | ${field.description ?? ''} |`;
}

function shape(field: Node): string {
  if (field.const !== undefined) return `\`${String(field.const)}\``;
  if (field.enum) return field.enum.map((word) => `\`${String(word)}\``).join(', ');
  if (field.anyOf) return [...new Set(field.anyOf.map(shape))].join(' or ');
  if (field.type === 'array') return 'list';
  if (field.type === 'object') return 'mapping';
  if (field.type === 'integer' || field.type === 'number') return number(field);
  if (field.type !== 'string') return field.type ?? 'any';
  if (field.pattern === undefined) return 'text';
  const told = TEXTS[field.pattern];
  if (told === undefined) throw new Error(`no words are known for texts like ${field.pattern}`);
  return told;
}

function number(field: Node): string {
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
