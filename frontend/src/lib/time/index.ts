export {
  calendarDay,
  clock,
  clockWithZone,
  countdown,
  day,
  dayAndClock,
  daysBetween,
  fullDay,
  moment,
  month,
  monthFirst,
  relativeDay,
  zoneName,
  type Countdown,
  type Instant,
  type Place,
} from './time';
export { zoneChoices, zoneLabel } from './zones';
