import { HTTP_LIMITS } from '@faultline/runtime';
import { ApiBench } from '../../apps/event-log/src/api/api.testkit';
import { FEED } from '../../apps/event-log/src/api/live/live-feed';
import { table } from './markdown';

interface Node {
  $ref?: string;
  type?: string | string[];
  description?: string;
  default?: unknown;
  enum?: unknown[];
  const?: unknown;
  anyOf?: Node[];
  allOf?: Node[];
  items?: Node;
  properties?: Record<string, Node>;
  additionalProperties?: Node | boolean;
  required?: string[];
  minimum?: number;
  maximum?: number;
}
interface Parameter {
  name: string;
  in: 'path' | 'query';
  required?: boolean;
  description?: string;
  schema: Node;
}
interface Operation {
  summary: string;
  description?: string;
  tags: string[];
  parameters?: Parameter[];
  responses: Record<string, { content?: Record<string, { schema: Node }> }>;
}
interface Document {
  paths: Record<string, { get?: Operation }>;
  components: { schemas: Record<string, Node> };
}

const seconds = (millis: number): string => `${millis / 1_000} s`;
const HEAD = `# HTTP API

<!-- Generated from the API's own OpenAPI document; \`UPDATE_REFERENCE=1 npx jest test/reference\` writes it anew. -->

A service answers over HTTP where \`FAULTLINE_HTTP\` says: \`8080\` is port 8080 of this machine, for this machine only. The event log has
the API that is described here; the document itself is at \`/api/openapi.json\`, and a page to try it at \`/api/docs\`.

\`\`\`console
$ FAULTLINE_HTTP=8080 npx faultline run examples/quickstart.yaml
$ curl http://127.0.0.1:8080/api/live/state
\`\`\`

While a run goes on its record is read as it grows; runs that are over are read from their folders, without NATS and without a run:

\`\`\`console
$ FAULTLINE_HTTP=8080 FAULTLINE_RUNS_DIR=runs node dist/apps/event-log/src/browse.js
\`\`\`

## Who may ask

Without \`FAULTLINE_TOKEN\` a service listens to a loopback address only (another one is refused when it starts), answers only to the
names of this machine, so that no page of another site gets through, and changes nothing. With it every request has to show it,
those for health and metrics too: as \`Authorization: Bearer <token>\`, or, from a browser, as the cookie that \`/login\` gives for
it, for twelve hours. The cookie is not the token; a new token ends all logins. There is no \`?token=\`, since addresses end up in
histories and logs. TLS is for a server that stands before it.

## Limits and failures

A body has at most ${HTTP_LIMITS.bodyBytes / 1_024} KiB, a request arrives within ${seconds(HTTP_LIMITS.requestMillis)}, an answer begins within ${seconds(HTTP_LIMITS.answerMillis)}, and there are at most
${HTTP_LIMITS.connections} connections and ${FEED.mostClients} clients of the live feed at a time. Listings are paged: \`nextCursor\` of one page is \`cursor\` of the
next, with the same filters. Whatever fails has a status of 400 or more and this for a body: \`error\` names the kind, \`message\` is one line
for a person.

\`\`\`json
{"error":"RunUnknown","message":"there is no run 'x' here; /api/runs lists those there are"}
\`\`\`
`;

/** The reference page of the API, from the document that a door gives. */
export async function httpPage(): Promise<string> {
  const api = new ApiBench();
  try {
    await api.open();
    return pageOf((await api.get<Document>('/api/openapi.json')).body);
  } finally {
    await api.clear();
  }
}

function pageOf({ paths, components: { schemas } }: Document): string {
  const operations = Object.entries(paths).flatMap(([path, { get }]) =>
    get ? [{ path, operation: get }] : [],
  );
  const tags = [...new Set(operations.flatMap(({ operation }) => operation.tags))];
  const sections = tags.map((tag) => {
    const own = operations.filter(({ operation }) => operation.tags.includes(tag));
    const title = tag.charAt(0).toUpperCase() + tag.slice(1);
    return [`## ${title}`, ...own.map(({ path, operation }) => operationOf(path, operation, schemas))].join(
      '\n\n',
    );
  });
  const shared = Object.keys(schemas)
    .filter((name) => isShared(name))
    .sort();
  const shapes = shared.map((name) => `### ${titleOf(name)}\n\n${fieldsOf(schemas[name] ?? {}, schemas)}`);
  return `${[HEAD, ...sections, '## Shapes', ...shapes].join('\n\n').replace(/\n{3,}/g, '\n\n')}\n`;
}

function operationOf(path: string, operation: Operation, schemas: Document['components']['schemas']): string {
  const { summary, description, parameters = [], responses } = operation;
  const parts = [`### \`GET ${path}\``, `${summary}.`];
  if (description !== undefined) parts.push(description);
  if (parameters.length > 0)
    parts.push(
      table(
        ['parameter', 'value', 'default', 'meaning'],
        parameters.map((each) => parameterOf(each)),
      ),
    );
  const [[media, { schema }] = ['', { schema: {} }]] = Object.entries(responses['200']?.content ?? {});
  const shape = resolved(schema, schemas);
  if (media !== 'application/json') parts.push(`Answers with \`${media}\`.`);
  else
    parts.push(
      Object.keys(shape.properties ?? {}).length > 0
        ? fieldsOf(shape, schemas)
        : `Answers with JSON: ${shape.description ?? 'an object'}.`,
    );
  return parts.join('\n\n');
}

function parameterOf({ name, in: where, required, description, schema }: Parameter): string[] {
  const fallback =
    schema.default === undefined ? (required ? 'required' : '-') : `\`${JSON.stringify(schema.default)}\``;
  return [
    where === 'path' ? `\`{${name}}\`` : `\`${name}\``,
    valueOf(schema),
    fallback,
    description ?? schema.description ?? '',
  ];
}

/** A row for each field, those of objects inside it with a dot, those of lists with brackets. */
function fieldsOf(shape: Node, schemas: Document['components']['schemas']): string {
  const rows: string[][] = [];
  const add = (prefix: string, node: Node): void => {
    for (const [name, field] of Object.entries(node.properties ?? {})) {
      const inner = field.items ?? field;
      const at = `${prefix}${name}${field.items ? '[]' : ''}`;
      const object = [inner, ...(inner.anyOf ?? [])].find(({ properties }) => properties !== undefined);
      rows.push([`\`${at}\``, valueOf(inner), field.description ?? inner.description ?? '']);
      if (object) add(`${at}.`, object);
    }
  };
  add('', resolved(shape, schemas));
  return table(['field', 'value', 'meaning'], rows);
}

const nameOf = (reference: string): string => reference.slice(reference.lastIndexOf('/') + 1);
const titleOf = (name: string): string => name.replace(/_Output$/, '');
/** Those that are named for themselves; others are the answer of one question. */
const SHARED = new Set(['Fault', 'RunEntry', 'AuditReport', 'Progress', 'DeadLetter', 'StudyEntry']);
const isShared = (name: string): boolean => SHARED.has(titleOf(name));

function resolved(node: Node, schemas: Document['components']['schemas']): Node {
  return node.$ref === undefined ? node : resolved(schemas[nameOf(node.$ref)] ?? {}, schemas);
}

function valueOf(node: Node): string {
  if (node.$ref !== undefined) {
    const title = titleOf(nameOf(node.$ref));
    return `[${title}](#${title.toLowerCase()})`;
  }
  if (node.allOf?.[0]) return valueOf(node.allOf[0]);
  if (node.anyOf) return [...new Set(node.anyOf.map((each) => valueOf(each)))].join(' or ');
  if (node.const !== undefined) return `\`${String(node.const)}\``;
  if (node.enum) return node.enum.map((each) => `\`${String(each)}\``).join(', ');
  if (node.type === 'integer' && node.maximum !== undefined && node.maximum < Number.MAX_SAFE_INTEGER)
    return `${node.minimum ?? 0} to ${node.maximum}`;
  const names: Record<string, string> = {
    string: 'text',
    integer: 'whole number',
    array: 'list',
    null: 'null',
  };
  return [node.type ?? 'any']
    .flat()
    .map((type) => names[type] ?? type)
    .join(' or ');
}
