import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const ROOT = join(__dirname, '../..');

/** What the sources say of a record or of a part of one. */
export interface Declared {
  /** Its doc comment, as one line; empty for none. */
  meaning: string;
  /** Doc comments of its fields, by name; fields of what it extends included. */
  fields: ReadonlyMap<string, string>;
}

/** A verb of the control plane. */
export interface DeclaredVerb {
  verb: string;
  /** The types of what it takes and gives, as they are written. */
  request: string;
  reply: string;
  meaning: string;
}

type Shape = ts.InterfaceDeclaration | ts.TypeLiteralNode;

/** Every interface of the files, and every record that a union spells out, by its name or its `kind`. */
export function readDeclarations(files: readonly string[]): ReadonlyMap<string, Declared> {
  const shapes = new Map<string, { shape: Shape; meaning: string }>();
  for (const file of files) {
    const source = parsed(file);
    const visit = (node: ts.Node): void => {
      if (ts.isInterfaceDeclaration(node))
        shapes.set(node.name.text, { shape: node, meaning: commentOf(node) });
      if (ts.isTypeLiteralNode(node)) {
        const kind = kindOf(node);
        if (kind !== undefined) shapes.set(kind, { shape: node, meaning: commentBefore(node, source) });
      }
      node.forEachChild(visit);
    };
    visit(source);
  }
  const fieldsOf = (shape: Shape): Map<string, string> => {
    const inherited = ts.isInterfaceDeclaration(shape) ? (shape.heritageClauses ?? []) : [];
    const above = inherited.flatMap(({ types }) =>
      types.flatMap(({ expression }) => {
        const base = shapes.get(expression.getText());
        return base ? [...fieldsOf(base.shape)] : [];
      }),
    );
    const own = shape.members.flatMap((member): [string, string][] =>
      member.name ? [[member.name.getText(), commentOf(member)]] : [],
    );
    return new Map([...above, ...own]);
  };
  return new Map(
    [...shapes].map(([name, { shape, meaning }]) => [name, { meaning, fields: fieldsOf(shape) }]),
  );
}

/** The verbs of an interface whose members are `'service.verb': { request: ...; reply: ... }`. */
export function readVerbs(file: string, name: string): DeclaredVerb[] {
  const found = parsed(file).statements.find(
    (each): each is ts.InterfaceDeclaration => ts.isInterfaceDeclaration(each) && each.name.text === name,
  );
  if (!found) throw new Error(`${file} has no interface ${name}`);
  return found.members.map((member) => {
    if (!ts.isPropertySignature(member) || !member.type || !ts.isTypeLiteralNode(member.type))
      throw new Error(`${member.getText()} is no verb`);
    const types = new Map(
      member.type.members.map((each) => [
        each.name?.getText() ?? '',
        ts.isPropertySignature(each) ? oneLine(each.type?.getText() ?? '') : '',
      ]),
    );
    return {
      verb: member.name.getText().replaceAll("'", ''),
      request: types.get('request') ?? '',
      reply: types.get('reply') ?? '',
      meaning: commentOf(member),
    };
  });
}

function parsed(file: string): ts.SourceFile {
  return ts.createSourceFile(file, readFileSync(join(ROOT, file), 'utf8'), ts.ScriptTarget.ES2022, true);
}

function kindOf(node: ts.TypeLiteralNode): string | undefined {
  const kind = node.members.find((member) => member.name?.getText() === 'kind');
  const type = kind && ts.isPropertySignature(kind) ? kind.type : undefined;
  return type && ts.isLiteralTypeNode(type) && ts.isStringLiteral(type.literal)
    ? type.literal.text
    : undefined;
}

function commentOf(node: ts.Node): string {
  const comments = ts.getJSDocCommentsAndTags(node).filter((each): each is ts.JSDoc => ts.isJSDoc(each));
  return oneLine(ts.getTextOfJSDocComment(comments.at(-1)?.comment) ?? '');
}

/** Of a member of a union: the compiler keeps comments of declarations only. */
function commentBefore(node: ts.Node, source: ts.SourceFile): string {
  const text = source.text.slice(node.getFullStart(), node.getStart());
  return oneLine(/\/\*\*([^]*?)\*\//.exec(text)?.[1]?.replace(/^\s*\* ?/gm, '') ?? '');
}

/** Links of doc comments are shown as code. */
const oneLine = (text: string): string =>
  text
    .replace(/\{@link (\w+)\}/g, '`$1`')
    .replace(/\s+/g, ' ')
    .trim();
