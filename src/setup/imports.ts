import { parseAst } from 'vite';

/** An import as it stands in a file. */
export type Import = {
  /** What is between the quotes. */
  specifier: string;
  /** From 1. */
  line: number;
  /** Whether nothing of it is left when types are stripped. */
  typeOnly: boolean;
};

type Node = { type: string; start: number };
type Specifier = { importKind?: string; exportKind?: string };

/**
 * All imports, re-exports and dynamic imports of a source file.
 * @throws SyntaxError where the file cannot be parsed
 */
export function importsOf(fileName: string, source: string): Import[] {
  const lang = fileName.endsWith('x') ? 'tsx' : 'ts';
  const found: Import[] = [];
  visit(parseAst(source, { lang, sourceType: 'module' }), (node) => {
    const specifier = specifierOf(node);
    if (specifier === null) return;
    const line = source.slice(0, node.start).split('\n').length;
    found.push({ specifier, line, typeOnly: isTypeOnly(node) });
  });
  return found;
}

const withSource = new Set([
  'ImportDeclaration',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
  'ImportExpression',
  'TSImportType',
]);

function specifierOf(node: Node): string | null {
  if (!withSource.has(node.type)) return null;
  const { source } = node as Node & { source?: { value?: unknown } | null }; // ESTree: see the set
  return typeof source?.value === 'string' ? source.value : null;
}

function isTypeOnly(node: Node): boolean {
  if (node.type === 'TSImportType') return true;
  // TypeScript's ESTree marks the whole declaration, or each of its names.
  const declaration = node as Node & Specifier & { specifiers?: Specifier[] };
  if (kindOf(declaration) === 'type') return true;
  const names = declaration.specifiers ?? [];
  return names.length > 0 && names.every((name) => kindOf(name) === 'type');
}

function kindOf({ importKind, exportKind }: Specifier): string | undefined {
  return importKind ?? exportKind;
}

function visit(value: unknown, report: (node: Node) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) visit(item, report);
  } else if (isNode(value)) {
    report(value);
    for (const child of Object.values(value)) {
      if (typeof child === 'object') visit(child, report);
    }
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}
