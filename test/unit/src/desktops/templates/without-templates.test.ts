import { expect, it } from 'vitest';
import { withoutTemplates } from '../../../../../src/desktops/templates/without-templates.ts';
import { kind } from './scratch-templates.ts';

it('says why to everybody', async () => {
  const templates = withoutTemplates('no memory can be sealed');
  expect(await templates.find(kind)).toEqual({ reason: 'no memory can be sealed' });
  expect(await templates.prepare(kind)).toEqual({
    kind: 'none',
    reason: 'no memory can be sealed',
  });
});
