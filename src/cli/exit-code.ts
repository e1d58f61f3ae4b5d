/** What a command ends with: 0 done, 1 failed at run time (for check: findings), 2 wrong usage or configuration. */
export type ExitCode = 0 | 1 | 2;
