import { describe, expect, it } from 'vitest';
import { importsOf } from '../../../../src/setup/imports.ts';

describe('importsOf', () => {
  it.each([
    ["import { a } from './a.ts';", false],
    ["import './a.ts';", false],
    ["import * as a from './a.ts';", false],
    ["import type { A } from './a.ts';", true],
    ["import { type A, type B } from './a.ts';", true],
    ["import { type A, b } from './a.ts';", false],
    ["export { a } from './a.ts';", false],
    ["export type { A } from './a.ts';", true],
    ["export * from './a.ts';", false],
    ["const a = await import('./a.ts');", false],
    ["type A = import('./a.ts').A;", true],
  ])('%s', (source, typeOnly) => {
    expect(importsOf('one.ts', source)).toEqual([{ specifier: './a.ts', line: 1, typeOnly }]);
  });

  it('counts lines from 1, over several lines and after comments', () => {
    const source = "// import './no.ts'\n\nimport {\n  a,\n} from './a.ts';\n";
    expect(importsOf('one.ts', source)).toMatchObject([{ specifier: './a.ts', line: 3 }]);
  });

  it('leaves out what only looks like an import', () => {
    const source = `const a = "import './a.ts'"; const b = \`import('./b.ts')\`; export const c = 1;`;
    expect(importsOf('one.ts', source)).toEqual([]);
  });

  it('reads JSX, and generics that look like it', () => {
    const jsx = "import { A } from './a.tsx'; export const b = <A>{import('./c.ts')}</A>;";
    expect(importsOf('one.tsx', jsx).map(({ specifier }) => specifier)).toEqual([
      './a.tsx',
      './c.ts',
    ]);
    expect(importsOf('one.ts', 'const a = <T>(b: T): T => b;')).toEqual([]);
  });

  it('throws at what it cannot read rather than letting it pass', () => {
    expect(() => importsOf('one.ts', 'import { from')).toThrow();
  });
});
