import { describe, expect, it } from 'vitest';
import { layerFaults } from '../../../../src/setup/import-layers.ts';
import { importsOf } from '../../../../src/setup/imports.ts';

/** A house of a few files: path → source. */
function faultsOf(files: Record<string, string>): string[] {
  const sources = Object.entries(files).map(
    ([file, source]) => [file, importsOf(file, source)] as const,
  );
  return layerFaults(new Map(sources)).map(
    ({ file, line, message }) => `${file}:${line} ${message}`,
  );
}

describe('what is allowed', () => {
  it.each([
    ['src/broker/server.ts', "import { a } from '../contract/errors.ts';"],
    ['src/broker/server.ts', "import { a } from '../desktops/engine.ts';"],
    ['src/broker/http/a.ts', "import { a } from '../sessions/b.ts';"],
    ['src/setup/start.ts', "import { a } from '../broker/main.ts';"],
    ['main/app.ts', "import { a } from '../src/terminal/machine.ts';"],
    ['main/app.ts', "import { app } from 'electron';"],
    ['renderer/App.tsx', "import type { A } from '../src/contract/terminal.ts';"],
    ['renderer/App.tsx', "import { a } from '../src/contract/stream.ts';"],
    ['src/contract/errors.ts', "import { z } from 'zod';"],
    ['test/e2e/a.test.ts', "import { a } from '../../src/broker/sessions/a.ts';"],
  ])('%s: %s', (file, source) => {
    expect(faultsOf({ [file]: source })).toEqual([]);
  });
});

describe('what is refused', () => {
  it.each([
    ['src/contract/errors.ts', '../terminal/machine.ts', 'src/contract must not import'],
    ['src/desktops/host.ts', '../broker/server.ts', 'src/desktops must not import'],
    ['src/terminal/machine.ts', '../desktops/host.ts', 'src/terminal must not import'],
    ['src/broker/server.ts', '../setup/start.ts', 'src/broker must not import'],
    ['src/broker/server.ts', '../../test/fakes/host.ts', 'src/broker must not import'],
    ['src/setup/start.ts', '../broker/sessions/a.ts', 'src/setup must not import'],
    ['main/app.ts', '../src/broker/main.ts', 'main must not import'],
    ['main/app.ts', '../renderer/bridge.ts', 'main must not import'],
    ['renderer/App.tsx', '../src/terminal/machine.ts', 'renderer must not import'],
    ['renderer/App.tsx', '../src/contract/errors.ts', 'renderer may import only types from'],
    ['renderer/App.tsx', '../src/contract/streams.ts', 'renderer may import only types from'],
    ['src/terminal/machine.ts', 'node:fs', 'it runs in a browser too'],
    ['src/broker/server.ts', 'electron', 'it runs without Electron'],
  ])('%s importing %s', (file, specifier, complaint) => {
    const [fault, ...more] = faultsOf({ [file]: `\nimport { a } from '${specifier}';` });
    expect(more).toEqual([]);
    expect(fault).toContain(`${file}:2 `);
    expect(fault).toContain(complaint);
  });

  it('holds for types too, and for imports in the middle of the code', () => {
    const faults = faultsOf({
      'src/contract/a.ts': "import type { A } from '../broker/b.ts';",
      'src/desktops/a.ts': "const a = await import('../broker/b.ts');",
    });
    expect(faults).toHaveLength(2);
  });
});

describe('cycles', () => {
  const chain = (...names: string[]) =>
    Object.fromEntries(
      names.map((name, index) => {
        const next = names[(index + 1) % names.length];
        return [`src/broker/${name}.ts`, `\nexport * from './${next}.ts';`];
      }),
    );

  it('tells a cycle once, at its first file by name', () => {
    expect(faultsOf(chain('b', 'a', 'c'))).toEqual([
      'src/broker/a.ts:2 cycle: src/broker/a.ts → src/broker/c.ts → src/broker/b.ts → src/broker/a.ts',
    ]);
  });

  it('tells a file that imports itself', () => {
    expect(faultsOf(chain('a'))).toEqual([
      'src/broker/a.ts:2 cycle: src/broker/a.ts → src/broker/a.ts',
    ]);
  });

  it('lets types go in circles: nothing of them is left when the program runs', () => {
    const files = {
      'src/broker/a.ts': "import type { B } from './b.ts';",
      'src/broker/b.ts': "import { a } from './a.ts';",
    };
    expect(faultsOf(files)).toEqual([]);
  });

  it('finds the cycle behind a file that is itself in none', () => {
    const files = { ...chain('x', 'y'), 'src/broker/a.ts': "import './x.ts'; import './y.ts';" };
    expect(faultsOf(files)).toHaveLength(1);
  });
});
