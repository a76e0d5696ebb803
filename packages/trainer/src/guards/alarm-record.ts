import type { AlarmRecord } from '@dmnn/runs';
import type { GateAlarm } from './gate-alarms.js';

/** The line of the log for an alarm. @param step - optimiser steps done */
export function alarmRecord({ kind, epoch, blocks, message }: GateAlarm, step: number): AlarmRecord {
  return { kind: 'alarm', alarm: kind, epoch, step, blocks, message };
}
