import { type Plan, type Used, utilization } from './plan.ts';

/** The whole answer, for programs. Shares of 0 to 1, memory in GiB. */
export function planJson({ host, today, steps }: Plan): string {
  const used = ({ cpu, memory }: Used) => ({
    cpu,
    memory,
    utilization: utilization({ cpu, memory }),
  });
  const answer = {
    host,
    today: { machines: today.machines.length, ...used(today) },
    steps: steps.map((step) => ({
      target: step.target,
      hosts: step.hosts.length,
      spare: step.spare,
      lowerBound: step.lowerBound,
      ...used(step),
      placement: step.hosts.map((planned) => ({
        ...used(planned),
        guests: planned.guests.map(({ name }) => name),
      })),
    })),
  };
  return JSON.stringify(answer, null, 2);
}
