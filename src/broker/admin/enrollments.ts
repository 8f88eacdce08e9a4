import type { z } from 'zod';
import { approvalSchema, newEnrollmentTokenSchema } from '../../contract/admin.ts';
import { userCodeSchema } from '../../contract/identity.ts';
import { commandLine } from '../audit/actor.ts';
import { checkedInput } from '../checked-input.ts';
import type { Enrollments } from '../identity/enrollments.ts';
import type { EnrollmentTokens } from '../terminals/enrollment-tokens.ts';
import { keysFolder } from '../tls/key-files.ts';
import { ownFiles } from '../tls/own-certificates.ts';
import { knownBroker, writeEnrollFile } from './enroll-file.ts';
import type { Names } from './names.ts';

/** `group`: the group of terminals that they are put into. */
type Approval = { code: string; group?: string | undefined; name?: string | undefined };
type NewToken = Omit<z.input<typeof newEnrollmentTokenSchema>, 'groupId'> & {
  group?: string | undefined;
};

/** `ca`: certificates in PEM; those of the broker itself, unless given. */
type EnrollmentFile = { file: string; broker: string; ca?: string | undefined };

type Deps = {
  dataDir: string;
  enrollments: Pick<Enrollments, 'list' | 'approve' | 'deny'>;
  enrollmentTokens: EnrollmentTokens;
  names: Names;
};

export function enrollmentAdmin({ dataDir, enrollments, enrollmentTokens, names }: Deps) {
  async function groupId(name: string | undefined): Promise<string | null> {
    return name === undefined ? null : names.terminalGroup(name);
  }

  async function createEnrollmentToken({ group, ...token }: NewToken) {
    const input = { ...token, groupId: await groupId(group) };
    return enrollmentTokens.create(checkedInput(newEnrollmentTokenSchema, input), commandLine);
  }

  return {
    listEnrollments: () => enrollments.list(),

    approveEnrollment: async ({ code, group, name }: Approval): Promise<void> => {
      const approval = checkedInput(approvalSchema, { groupId: await groupId(group), name });
      await enrollments.approve(checkedInput(userCodeSchema, code), approval, commandLine);
    },

    denyEnrollment: async (code: string): Promise<void> =>
      enrollments.deny(checkedInput(userCodeSchema, code), commandLine),

    listEnrollmentTokens: () => enrollmentTokens.list(),

    /** The one time that the token itself is told. */
    createEnrollmentToken,

    /** Writes a new token, and what else terminals need, into the file that they enroll with. */
    writeEnrollmentFile: async (
      { file, broker, ca = ownFiles(keysFolder(dataDir)).ca.certificate }: EnrollmentFile,
      token: NewToken,
    ): Promise<void> => {
      const known = await knownBroker(broker, ca);
      await writeEnrollFile(file, known, async () => (await createEnrollmentToken(token)).token);
    },

    revokeEnrollmentToken: async (labelOrId: string): Promise<void> =>
      enrollmentTokens.revoke(await names.enrollmentToken(labelOrId), commandLine),
  };
}
