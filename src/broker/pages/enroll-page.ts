import { z } from 'zod';
import type { Enrollment } from '../../contract/admin.ts';
import type { Clock } from '../../contract/clock.ts';
import { CodedError } from '../../contract/errors.ts';
import { approvalPath, terminalNameSchema, userCodeSchema } from '../../contract/identity.ts';
import { nameSchema } from '../../contract/name.ts';
import type { Enrollments, Seen } from '../identity/enrollments.ts';
import type { TerminalGroups } from '../terminals/terminal-groups.ts';
import { enrolledMarkup, mismatchMarkup, refusedMarkup, reviewMarkup } from './enroll-markup.ts';
import { type EnrollStart, enrollStartMarkup } from './enroll-start-markup.ts';
import { readAs } from './form.ts';
import type { Answer, PageRouter, SignedInVisit } from './page-router.ts';

export type EnrollPageDeps = {
  clock: Clock;
  enrollments: Pick<Enrollments, 'list' | 'find' | 'approve' | 'deny'>;
  terminalGroups: Pick<TerminalGroups, 'list' | 'create'>;
};

const seenSchema = z.object({
  ca: z.string().max(100).optional(),
  key: z.string().max(100).optional(),
});
const querySchema = seenSchema.extend({ code: z.string().max(64).optional() });

/** An input that was left empty is no input. */
const emptyAsNone = (value: unknown) => (value === '' ? undefined : value);
const decisionSchema = seenSchema.extend({
  code: userCodeSchema,
  decision: z.enum(['approve', 'deny']),
  name: terminalNameSchema,
  group: z.preprocess(emptyAsNone, z.uuid().optional()),
  newGroup: z.preprocess(emptyAsNone, nameSchema.optional()),
});
type Decision = z.output<typeof decisionSchema>;

/** Where an administrator lets a terminal in (RFC 8628 section 3.3). */
export function registerEnrollPage(router: PageRouter, deps: EnrollPageDeps): void {
  const { enrollments } = deps;

  router.signedIn('GET', approvalPath, 'terminals.enroll', async (visit) => {
    const { code, ...seen } = readAs(querySchema, visit.request.query);
    if (code === undefined || code === '') return startPage(deps, visit, noAttempt);
    return explained(deps, visit, code, async () => {
      const enrollment = await enrollments.find(readCode(code), seen, visit.session.by);
      return reviewPage(deps, visit, { enrollment, seen });
    });
  });

  router.signedIn('POST', approvalPath, 'terminals.enroll', async (visit) => {
    const decision = readAs(decisionSchema, visit.request.body);
    return explained(deps, visit, decision.code, () => decide(deps, visit, decision));
  });
}

async function decide(
  { enrollments, terminalGroups }: EnrollPageDeps,
  { locale, session }: SignedInVisit,
  { code, decision, name, group, newGroup, ca, key }: Decision,
): Promise<Answer> {
  const { by, permissions } = session;
  // Again: nobody is let in unseen because the form was sent without the page.
  await enrollments.find(code, { ca, key }, by);
  if (decision === 'deny') {
    await enrollments.deny(code, by);
    const { denied } = locale.text.enroll;
    return { title: denied, shape: 'card', body: refusedMarkup(locale) };
  }
  if (newGroup !== undefined && !permissions.has('terminals.manage')) {
    throw new CodedError('permission-missing');
  }
  const groupId =
    newGroup === undefined ? (group ?? null) : (await terminalGroups.create(newGroup, by)).id;
  await enrollments.approve(code, { groupId, name }, by);
  const title = locale.text.enroll.approved(name);
  return { title, shape: 'card', body: enrolledMarkup(locale, name) };
}

/** What can be mended is told where it can be; what must not be gone past is told alone. */
async function explained(
  deps: EnrollPageDeps,
  visit: SignedInVisit,
  code: string,
  work: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    if (error.code === 'enrollment-mismatch') return mismatchPage(visit, error);
    const typedAgain = ['enrollment-not-found', 'too-many-requests', 'name-taken'];
    if (!typedAgain.includes(error.code)) throw error;
    return startPage(deps, visit, { code, failure: error });
  }
}

function mismatchPage({ locale }: SignedInVisit, failure: CodedError): Answer {
  const title = locale.text.enroll.mismatchTitle;
  return { title, shape: 'card', failure, body: mismatchMarkup(locale, failure) };
}

type Attempt = Pick<EnrollStart, 'code' | 'failure'>;
const noAttempt: Attempt = { code: '', failure: null };

async function startPage(
  { clock, enrollments }: EnrollPageDeps,
  { locale }: SignedInVisit,
  { code, failure }: Attempt,
): Promise<Answer> {
  const waiting = await enrollments.list();
  const body = enrollStartMarkup(locale, { code, failure, waiting, now: clock.now() });
  return { title: locale.text.enroll.title, shape: 'card', failure, body };
}

type Review = { enrollment: Enrollment; seen: Seen };

async function reviewPage(
  { clock, terminalGroups }: EnrollPageDeps,
  { locale, session }: SignedInVisit,
  { enrollment, seen }: Review,
): Promise<Answer> {
  const body = reviewMarkup(locale, {
    enrollment,
    seen,
    groups: await terminalGroups.list(),
    mayAddGroup: session.permissions.has('terminals.manage'),
    now: clock.now(),
  });
  return { title: locale.text.enroll.review, shape: 'card', body };
}

/** What has not the form of a code is a code that nobody has. */
function readCode(typed: string): string {
  const parsed = userCodeSchema.safeParse(typed);
  if (!parsed.success) throw new CodedError('enrollment-not-found');
  return parsed.data;
}
