/** What really happens between the click and the picture, in this order. */
export const stepNames = ['preparing-disk', 'starting-machine', 'booting', 'drawing'] as const;
export type StepName = (typeof stepNames)[number];
