"""Decides: numbers in, verdicts out. Never reads a clock, a file or a socket; time is an argument.

pipeline        the order in which all below is asked; a step of it is all that happens here
signals         the vocabulary: SignalTable, Frame, Quality, Reason, Outcome
status          the status codes that devices give, kept and named
  status_names    what the standard calls them
errors          the one error that any room may raise about its configuration
memory          the arrays in which all below keeps what it has learned, so that a reload can carry them over
ticks           cuts frames so that no signal comes twice, and joins what was decided
timing          the order of readings, and the time between them
recorded        the time of a device that plays a recording
checks/         the ways in which a sensor can lie
  check           what a check is given, and what it owes
  gap             silent for longer than is its habit
  range           outside what its configuration declares possible
  stuck           repeats itself for longer than it ever did; many at once stand still
  run_lengths     how long each signal usually repeats itself
  rest            where a signal may stand still and be healthy
estimate/       the corrected value of one signal, and its sigma
  bank            the adaptive bank of small Kalman filters
  hold            what is shown while a sensor cannot be used
  wander          how far a signal moves in a given time: how the sigma of a held value grows
  surprise        how improbable a reading was
verdict         from reasons to good, uncertain or bad
latest          what was last said of every signal
alerts/         what is worth telling a person
  event           one alert that began or ended
  rules           which reasons become an alert, after how many readings, in which words
  lifecycle       when an alert begins and when it ends
  devices         what befalls a whole device is one alert: away, silent, standing still
proof/          the plain rules that a plant runs today, run beside ours
  three_sigma     mean and three standard deviations
"""
