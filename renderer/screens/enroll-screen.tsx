import { useState } from 'react';
import type { StateOf } from '../../src/contract/terminal.ts';
import { EnrollForm } from '../components/enroll-form.tsx';
import { EnrollmentRequest } from '../components/enrollment-request.tsx';
import { EnrollmentWait } from '../components/enrollment-wait.tsx';

/** Keeps the address that was typed, for when the enrollment comes to nothing. */
export function EnrollScreen({ state }: { state: StateOf<'unenrolled' | 'enrolling'> }) {
  const [broker, setBroker] = useState(state.offer?.broker ?? '');
  if (state.kind === 'unenrolled') {
    return <EnrollForm state={state} broker={broker} onChange={setBroker} />;
  }
  return state.retry === null ? (
    <EnrollmentRequest broker={state.offer.broker} request={state.request} />
  ) : (
    <EnrollmentWait retry={state.retry} />
  );
}
