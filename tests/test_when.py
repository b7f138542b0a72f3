"""What people write for a time, and which moment it is; every case worked out by hand on a calendar."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from bot.i18n import load
from bot.when import WhenError, parse_duration, parse_when, split_when

BERLIN = "Europe/Berlin"
NEW_YORK = "America/New_York"
MOSCOW_TIME = "Etc/GMT-3"

# Wednesday 25 November 2026, 10:05 in Berlin.
NOW = datetime(2026, 11, 25, 9, 5, tzinfo=UTC)

ENGLISH = """
16:00                          -> 2026-11-25 16:00
 16:00.                        -> 2026-11-25 16:00
09:30                          -> 2026-11-26 09:30
9:30                           -> 2026-11-26 09:30
10:05                          -> 2026-11-26 10:05
10:06                          -> 2026-11-25 10:06
04:30                          -> 2026-11-26 04:30
00:00                          -> 2026-11-26 00:00
24:00                          -> 2026-11-26 00:00
16.30                          -> 2026-11-25 16:30
16:00:30                       -> 2026-11-25 16:00:30
4pm                            -> 2026-11-25 16:00
4 PM                           -> 2026-11-25 16:00
4:30 pm                        -> 2026-11-25 16:30
4:30pm                         -> 2026-11-25 16:30
10am                           -> 2026-11-26 10:00
11 a.m.                        -> 2026-11-25 11:00
12am                           -> 2026-11-26 00:00
12pm                           -> 2026-11-25 12:00
at 16                          -> 2026-11-25 16:00
at 11 o'clock                  -> 2026-11-25 11:00
by 16:00                       -> 2026-11-25 16:00
until 4pm                      -> 2026-11-25 16:00
noon                           -> 2026-11-25 12:00
by noon                        -> 2026-11-25 12:00
midnight                       -> 2026-11-26 00:00
in 2h                          -> 2026-11-25 12:05
2h                             -> 2026-11-25 12:05
2H                             -> 2026-11-25 12:05
90m                            -> 2026-11-25 11:35
1h30                           -> 2026-11-25 11:35
1 h 30                         -> 2026-11-25 11:35
1 h 30 min                     -> 2026-11-25 11:35
1 hour and 30 minutes          -> 2026-11-25 11:35
1.5h                           -> 2026-11-25 11:35
half an hour                   -> 2026-11-25 10:35
in half an hour                -> 2026-11-25 10:35
an hour                        -> 2026-11-25 11:05
an hour and a half             -> 2026-11-25 11:35
2 hours                        -> 2026-11-25 12:05
within 45 minutes              -> 2026-11-25 10:50
in 90 s                        -> 2026-11-25 10:06:30
in 2 days                      -> 2026-11-27 10:05
1 d 2 h                        -> 2026-11-26 12:05
in a week                      -> 2026-12-02 10:05
today 17:00                    -> 2026-11-25 17:00
today 9:00                     -> 2026-11-25 09:00
tomorrow                       -> 2026-11-26 10:00
tomorrow noon                  -> 2026-11-26 12:00
tomorrow 9:30                  -> 2026-11-26 09:30
tomorrow at 9.30               -> 2026-11-26 09:30
tomorrow 10                    -> 2026-11-26 10:00
Tomorrow, 3pm                  -> 2026-11-26 15:00
3pm tomorrow                   -> 2026-11-26 15:00
noon tomorrow                  -> 2026-11-26 12:00
the day after tomorrow 10:00   -> 2026-11-27 10:00
Mon 10:00                      -> 2026-11-30 10:00
monday at 10                   -> 2026-11-30 10:00
on Tues. 15:00                 -> 2026-12-01 15:00
15:00 on friday                -> 2026-11-27 15:00
wed 15:00                      -> 2026-11-25 15:00
wed 9:00                       -> 2026-12-02 09:00
this friday 15:00              -> 2026-11-27 15:00
next Tue 3pm                   -> 2026-12-01 15:00
next wed 15:00                 -> 2026-12-02 15:00
friday                         -> 2026-11-27 10:00
wed                            -> 2026-12-02 10:00
eod                            -> 2026-11-25 18:00
by end of day                  -> 2026-11-25 18:00
end of the day                 -> 2026-11-25 18:00
cob                            -> 2026-11-25 18:00
tomorrow eod                   -> 2026-11-26 18:00
by end of day friday           -> 2026-11-27 18:00
24 Nov 15:00                   -> 2026-11-24 15:00
30 Nov 15:00                   -> 2026-11-30 15:00
Nov 30 15:00                   -> 2026-11-30 15:00
15:00 30 Nov                   -> 2026-11-30 15:00
the 30th of November at 15:00  -> 2026-11-30 15:00
November 30th, 2026 15:00      -> 2026-11-30 15:00
30 nov. 2027 15:00             -> 2027-11-30 15:00
3 Jan 15:00                    -> 2027-01-03 15:00
30 Nov                         -> 2026-11-30 10:00
30.11 15:00                    -> 2026-11-30 15:00
30.11.2026 15:00               -> 2026-11-30 15:00
30.11.26 15:00                 -> 2026-11-30 15:00
10.12 15:00                    -> 2026-12-10 15:00
30.11                          -> 2026-11-30 10:00
30/11 15:00                    -> 2026-11-30 15:00
11/30 15:00                    -> 2026-11-30 15:00
12/12 15:00                    -> 2026-12-12 15:00
2026-11-30 15:00               -> 2026-11-30 15:00
2026-11-30                     -> 2026-11-30 10:00
2026-11-30T15:00:00            -> 2026-11-30 15:00
2026-11-30T15:00:00Z           -> 2026-11-30 16:00
2026-11-30T15:00:00.250+02:00  -> 2026-11-30 14:00
16:00 UTC                      -> 2026-11-25 17:00
16:00 GMT+3                    -> 2026-11-25 14:00
16:00 GMT-5:30                 -> 2026-11-25 22:30
12:30 MSK                      -> 2026-11-25 10:30
in 4 days at 10:00             -> 2026-11-29 10:00
4 days at 10                   -> 2026-11-29 10:00
in two days at 10:00           -> 2026-11-27 10:00
two days from now              -> 2026-11-27 10:05
in a week at 15:00             -> 2026-12-02 15:00
in 2 days by end of day        -> 2026-11-27 18:00
a week from Tuesday 15:00      -> 2026-12-08 15:00
a week from tomorrow 15:00     -> 2026-12-03 15:00
Tuesday week 15:00             -> 2026-12-08 15:00
friday in a week 15:00         -> 2026-12-04 15:00
in two weeks on friday 15:00   -> 2026-12-11 15:00
next week Tue 15:00            -> 2026-12-01 15:00
next week on Fri at 15:00      -> 2026-12-04 15:00
Tuesday of next week 15:00     -> 2026-12-01 15:00
Tue 1 Dec 15:00                -> 2026-12-01 15:00
Tuesday, December 1 at 3pm     -> 2026-12-01 15:00
Tuesday the 1st of Dec, 15:00  -> 2026-12-01 15:00
1 Dec, Tue 15:00               -> 2026-12-01 15:00
1 Dec (Tue) 15:00              -> 2026-12-01 15:00
Tue 2026-12-01 15:00           -> 2026-12-01 15:00
Tue 1 Dec 15:00 GMT+3          -> 2026-12-01 13:00
fri this week 15:00            -> 2026-11-27 15:00
Wed in the morning at 11       -> 2026-11-25 11:00
tomorrow evening at 8          -> 2026-11-26 20:00
tonight at 8                   -> 2026-11-25 20:00
at 8 in the evening            -> 2026-11-25 20:00
15:00 in the afternoon         -> 2026-11-25 15:00
tomorrow afternoon 2:30        -> 2026-11-26 14:30
half past 3 pm                 -> 2026-11-25 15:30
Tue half past 15               -> 2026-12-01 15:30
half past ten                  -> 2026-11-25 10:30
quarter to 4pm                 -> 2026-11-25 15:45
quarter to one                 -> 2026-11-25 12:45
a quarter past 11              -> 2026-11-25 11:15
at ten o'clock tomorrow        -> 2026-11-26 10:00
the 5th at 15:00               -> 2026-12-05 15:00
5th 15:00                      -> 2026-12-05 15:00
the 25th at 15:00              -> 2026-11-25 15:00
5 Jan 15:00                    -> 2027-01-05 15:00
29 Feb 2028 15:00              -> 2028-02-29 15:00
around 15:00                   -> 2026-11-25 15:00
yesterday 15:00                -> 2026-11-24 15:00
Tue 10:00 America/Los_Angeles  -> 2026-12-01 19:00
Tue 10:00 europe/london        -> 2026-12-01 11:00
Tue 10:00 PT                   -> 2026-12-01 19:00
Tue 10am ET                    -> 2026-12-01 16:00
Tue 10:00 New York             -> 2026-12-01 16:00
Tue 10:00 new york time        -> 2026-12-01 16:00
Tue 10:00 (London)             -> 2026-12-01 11:00
Tue 10:00 CET                  -> 2026-12-01 10:00
Tue 10:00 CEST                 -> 2026-12-01 10:00
Tue 10:00 my time              -> 2026-12-01 10:00
Tue 10:00 Berlin (Tue 12:00 GMT+3) -> 2026-12-01 10:00
Tue 10:00 in London            -> 2026-12-01 11:00
Tue 10:00 (in London)          -> 2026-12-01 11:00
Tue 10:00 in the UK            -> 2026-12-01 11:00
Tue 10:00 in New York time     -> 2026-12-01 16:00
Tue 10:00 in America/New_York  -> 2026-12-01 16:00
Tue 10:00, in London           -> 2026-12-01 11:00
Tue 10:00, London time         -> 2026-12-01 11:00
Tue 10:00, London              -> 2026-12-01 11:00
10:00 on Tue, Kyiv.            -> 2026-12-01 09:00
10:00 on Tue in London         -> 2026-12-01 11:00
10:00 tomorrow London          -> 2026-11-26 11:00
10:00 London tomorrow          -> 2026-11-26 11:00
10:00 in London on Tuesday     -> 2026-12-01 11:00
in 2 working days at 10:00     -> 2026-11-27 10:00
in three business days at 10:00 -> 2026-11-30 10:00
"""

RUSSIAN = """
16:00                          -> 2026-11-25 16:00
в 16:00                        -> 2026-11-25 16:00
в 16                           -> 2026-11-25 16:00
к 16:00                        -> 2026-11-25 16:00
до 16:00                       -> 2026-11-25 16:00
16.30                          -> 2026-11-25 16:30
в 10.30                        -> 2026-11-25 10:30
через 2 часа                   -> 2026-11-25 12:05
2ч                             -> 2026-11-25 12:05
2 ч.                           -> 2026-11-25 12:05
30 мин                         -> 2026-11-25 10:35
через 30 минут                 -> 2026-11-25 10:35
1ч30                           -> 2026-11-25 11:35
1 ч 30 мин                     -> 2026-11-25 11:35
1 час и 30 минут               -> 2026-11-25 11:35
1,5 часа                       -> 2026-11-25 11:35
полчаса                        -> 2026-11-25 10:35
через полтора часа             -> 2026-11-25 11:35
через час                      -> 2026-11-25 11:05
через 3 дня                    -> 2026-11-28 10:05
через неделю                   -> 2026-12-02 10:05
в 3 часа дня                   -> 2026-11-25 15:00
в 10 утра                      -> 2026-11-26 10:00
10 вечера                      -> 2026-11-25 22:00
12 ночи                        -> 2026-11-26 00:00
полдень                        -> 2026-11-25 12:00
в полночь                      -> 2026-11-26 00:00
завтра                         -> 2026-11-26 10:00
завтра в 10                    -> 2026-11-26 10:00
завтра 10                      -> 2026-11-26 10:00
Завтра в 7:30                  -> 2026-11-26 07:30
сегодня 17:00                  -> 2026-11-25 17:00
послезавтра в 9:30             -> 2026-11-27 09:30
в понедельник 15:00            -> 2026-11-30 15:00
пн. 10:00                      -> 2026-11-30 10:00
чт 26.11 15:00                 -> 2026-11-26 15:00
вторник, 1 декабря, 15:00      -> 2026-12-01 15:00
во вторник в 11:00             -> 2026-12-01 11:00
15:00 в пятницу                -> 2026-11-27 15:00
в пт                           -> 2026-11-27 10:00
в следующий вторник 15:00      -> 2026-12-01 15:00
в эту пятницу 15:00            -> 2026-11-27 15:00
до конца дня                   -> 2026-11-25 18:00
к концу дня                    -> 2026-11-25 18:00
завтра до конца дня            -> 2026-11-26 18:00
30 ноября 15:00                -> 2026-11-30 15:00
30 нояб. 15:00                 -> 2026-11-30 15:00
5 мая 2027 г. в 10:00          -> 2027-05-05 10:00
30.11 в 15:00                  -> 2026-11-30 15:00
16:00 мск                      -> 2026-11-25 14:00
16:00 по мск                   -> 2026-11-25 14:00
tomorrow 15:00                 -> 2026-11-26 15:00
2h                             -> 2026-11-25 12:05
eod                            -> 2026-11-25 18:00
через 4 дня в 10               -> 2026-11-29 10:00
через два дня в 10:00          -> 2026-11-27 10:00
через две недели в 15:00       -> 2026-12-09 15:00
через неделю в пятницу в 15:00 -> 2026-12-04 15:00
в пятницу через неделю в 15:00 -> 2026-12-04 15:00
на следующей неделе во вторник в 15:00 -> 2026-12-01 15:00
в среду утром в 11             -> 2026-11-25 11:00
завтра вечером в 8             -> 2026-11-26 20:00
завтра днём в 3                -> 2026-11-26 15:00
завтра в полдень               -> 2026-11-26 12:00
в половине четвёртого дня      -> 2026-11-25 15:30
полдвенадцатого                -> 2026-11-25 11:30
без четверти 16                -> 2026-11-25 15:45
в десять часов утра            -> 2026-11-26 10:00
5-го в 15:00                   -> 2026-12-05 15:00
5 числа в 15:00                -> 2026-12-05 15:00
вторник 10:00 по Москве        -> 2026-12-01 08:00
вторник 10:00 по Нью-Йорку     -> 2026-12-01 16:00
вторник 10:00 Нью-Йорк         -> 2026-12-01 16:00
вторник 10:00 по моему времени -> 2026-12-01 10:00
вторник 10:00 в Москве         -> 2026-12-01 08:00
вторник 10:00, в Москве        -> 2026-12-01 08:00
вторник 10:00 по московскому времени -> 2026-12-01 08:00
10:00 во вторник в Киеве       -> 2026-12-01 09:00
10:00 в Киеве во вторник       -> 2026-12-01 09:00
вт 10:00 в Нью-Йорке           -> 2026-12-01 16:00
вт 10:00 в Нью Йорке           -> 2026-12-01 16:00
вт 10:00 в Вильнюсе            -> 2026-12-01 09:00
вт 10:00 по Бухаресту          -> 2026-12-01 09:00
вт 10:00 Рига                  -> 2026-12-01 09:00
вт 10:00 в Риге                -> 2026-12-01 09:00
вт 10:00 в Софии               -> 2026-12-01 09:00
вт 10:00 в Никосии             -> 2026-12-01 09:00
вт 10:00 в Афинах              -> 2026-12-01 09:00
вт 10:00 в Кишинёве            -> 2026-12-01 09:00
вт 10:00 по Кишиневу           -> 2026-12-01 09:00
вт 10:00 в Хельсинки           -> 2026-12-01 09:00
вт 10:00 в Лиссабоне           -> 2026-12-01 11:00
вт 10:00 в Симферополе         -> 2026-12-01 08:00
вт 10:00 в Астрахани           -> 2026-12-01 07:00
вт 10:00 в Баку                -> 2026-12-01 07:00
вт 10:00 в Дубае               -> 2026-12-01 07:00
вт 10:00 в Екатеринбурге       -> 2026-12-01 06:00
вт 10:00 в Алма-Ате            -> 2026-12-01 06:00
вт 10:00 в Тель-Авиве          -> 2026-12-01 09:00
вт 10:00 в Сан-Паулу           -> 2026-12-01 14:00
вт 10:00 в Сиднее              -> 2026-12-01 00:00
вт 10:00 в Петропавловске-Камчатском -> 2026-11-30 23:00
вт 10:00, Рига                 -> 2026-12-01 09:00
10:00 в Риге во вторник        -> 2026-12-01 09:00
вторник 10-00                  -> 2026-12-01 10:00
во вторник в 10-30             -> 2026-12-01 10:30
вт 14-10                       -> 2026-12-01 14:10
вт 10.30                       -> 2026-12-01 10:30
30.11 15-00                    -> 2026-11-30 15:00
через 2 раб. дня в 10:00       -> 2026-11-27 10:00
через три рабочих дня в 10:00  -> 2026-11-30 10:00
на той неделе во вторник в 15:00 -> 2026-12-01 15:00
"""

REFUSED = """
en |                   | errors.when
en | soon              | errors.when
en | now               | errors.when
en | next week         | errors.when
en | 16:00x            | errors.when
en | 16:00 sharp       | errors.when
en | 15:00-16:00       | errors.when
en | noon:30           | errors.when
en | 15:00 - 4pm       | errors.when
en | 30 min 2h         | errors.when
en | завтра            | errors.when
en | 16                | errors.when.number
en | 2 parsecs         | errors.when.number
en | 3/4               | errors.when.slash
en | 3/4 15:00         | errors.when.slash
en | 10.11             | errors.when.dot
en | by 10.11          | errors.when.dot
en | 4:30              | errors.when.half_day
en | at 4              | errors.when.half_day
en | tomorrow at 7     | errors.when.half_day
ru | завтра в 7        | errors.when.half_day
en | next Thu 15:00    | errors.when.weekday
ru | в следующую пятницу 15:00 | errors.when.weekday
en | tomorrow midnight | errors.when.midnight
en | today             | errors.when.needs_time
en | tomorrow evening  | errors.when.needs_time
ru | завтра вечером    | errors.when.needs_time
en | 25:00             | errors.when.no_such_time
en | 24:01             | errors.when.no_such_time
en | 16:61             | errors.when.no_such_time
en | 13pm              | errors.when.no_such_time
en | 0am               | errors.when.no_such_time
en | 31 Nov 15:00      | errors.when.no_such_date
en | 30.02 15:00       | errors.when.no_such_date
en | 2026-13-01 15:00  | errors.when.no_such_date
en | 16:00 EST         | errors.when.zone
en | 16:00 GMT+15      | errors.when.zone
en | sat eod           | errors.when.no_close
en | sun eod           | errors.when.no_close
en | 999999 weeks      | errors.when.too_far
en | 2099-01-01 10:00  | errors.when.too_far
ru | скоро             | errors.when
ru | вечером           | errors.when
en | half past 3       | errors.when.half_day
en | in a week on Tue 15:00 | errors.when.weekday
en | Tuesday in a week 15:00 | errors.when.weekday
en | Mon 1 Dec 15:00 | errors.when.other_weekday
en | 1 Dec (Mon) 15:00 | errors.when.other_weekday
en | Mon or Tue 15:00  | errors.when.several
en | Mon 15:00 or 16:00 | errors.when.several
en | Mon 15:00 or 16   | errors.when.several
en | Mon 15:00 and Tue 16:00 | errors.when.several
en | Tue/Wed 15:00     | errors.when.several
en | Mon-Wed 15:00     | errors.when.several
en | 09:00 (17:00 GMT+3) | errors.when.several
en | tomorrow evening 15:00 | errors.when.no_such_time
en | 31 Feb            | errors.when.no_such_date
en | the 32nd          | errors.when.no_such_date
en | 10:00 your time   | errors.when.zone
en | after 14:00       | errors.when
en | 15-16             | errors.when
ru | в половине четвёртого | errors.when.half_day
ru | через неделю во вторник 15:00 | errors.when.weekday
ru | пн или вт 15:00   | errors.when.several
ru | 10:00 по вашему времени | errors.when.zone
en | 10:00 in London office | errors.when.place
ru | 10:00 в Берлине кампания | errors.when.place
en | 10:00 tomorrow EST | errors.when.zone
en | Tue 10-30         | errors.when
ru | 10-30             | errors.when
ru | вт 10-12          | errors.when
en | 2 working days    | errors.when.number
ru | вт 4-30           | errors.when.half_day
ru | вт 10-75          | errors.when.no_such_time
ru | вт 10-00 - 12-00  | errors.when
ru | завтра в обед     | errors.when.needs_time
"""

SPLIT = """
en | 16:00 waiting for the vendor    | 2026-11-25 16:00 | waiting for the vendor
en | 16:00, may be later             | 2026-11-25 16:00 | may be later
en | 16:00: vendor.                  | 2026-11-25 16:00 | vendor.
en | 16:00 - 2 vendors are involved  | 2026-11-25 16:00 | 2 vendors are involved
en | 16:00 24/7 team is on it        | 2026-11-25 16:00 | 24/7 team is on it
en | 16:00 İstanbul SMS gateway      | 2026-11-25 16:00 | İstanbul SMS gateway
en | tomorrow 15:00 about funnels    | 2026-11-26 15:00 | about funnels
en | tomorrow 3 topics               | 2026-11-26 10:00 | 3 topics
en | 2h 30 users affected            | 2026-11-25 12:05 | 30 users affected
en | 2h30 users affected             | 2026-11-25 12:35 | users affected
en | 2h and a half-open port         | 2026-11-25 12:05 | and a half-open port
en | eod The index is rebuilding     | 2026-11-25 18:00 | The index is rebuilding
en | 16:00                           | 2026-11-25 16:00 |
ru | 16:00 ждём вендора              | 2026-11-25 16:00 | ждём вендора
ru | завтра 15:00 про воронки        | 2026-11-26 15:00 | про воронки
ru | через 2 часа, ждём              | 2026-11-25 12:05 | ждём
en | in 4 days 10:00 about funnels   | 2026-11-29 10:00 | about funnels
en | 15:00 or later                  | 2026-11-25 15:00 | or later
en | 15:00 Berlin campaign           | 2026-11-25 15:00 | Berlin campaign
en | 15:00 London about funnels      | 2026-11-25 16:00 | about funnels
en | 15:00 in London for the funnels | 2026-11-25 16:00 | for the funnels
en | 15:00 in London please          | 2026-11-25 16:00 | please
en | 15:00 in Springfield            | 2026-11-25 15:00 | in Springfield
en | 15:00, Berlin: ads              | 2026-11-25 15:00 | Berlin: ads
en | 15:00, London about funnels     | 2026-11-25 15:00 | London about funnels
en | 15:00 in wake of the outage     | 2026-11-25 15:00 | in wake of the outage
ru | вт 20-30 минут                  | 2026-12-01 10:00 | 20-30 минут
ru | 15:00 в общем                   | 2026-11-25 15:00 | в общем
ru | 15:00 в Москве про воронки      | 2026-11-25 13:00 | про воронки
ru | 15:00 на Мальте про воронки     | 2026-11-25 15:00 | про воронки
ru | 15:00 в Риме про воронки        | 2026-11-25 15:00 | про воронки
ru | 15:00 Рига запуск               | 2026-11-25 15:00 | Рига запуск
ru | 15:00, Рига: запуск             | 2026-11-25 15:00 | Рига: запуск
ru | 15:00 в римском стиле           | 2026-11-25 15:00 | в римском стиле
en | 16:00 and 2 vendors are involved | 2026-11-25 16:00 | and 2 vendors are involved
en | 16:00 (may be later)            | 2026-11-25 16:00 | (may be later)
en | 16:00 in two parts              | 2026-11-25 16:00 | in two parts
en | 2h for two engineers            | 2026-11-25 12:05 | for two engineers
ru | через 4 дня в 10:00 про воронки | 2026-11-29 10:00 | про воронки
ru | 15:00 по воронкам               | 2026-11-25 15:00 | по воронкам
"""


def table(text: str, separator: str) -> list[tuple[str, ...]]:
    return [tuple(cell.strip() for cell in row.split(separator)) for row in text.strip("\n").splitlines()]


def close_after(at: datetime) -> datetime:
    """18:00 in Berlin of the working day, Monday to Friday, or of the next one."""
    day = at.astimezone(ZoneInfo(BERLIN)).replace(tzinfo=None)
    close = day.replace(hour=18, minute=0, second=0)
    while close <= day or close.weekday() > 4:
        close += timedelta(days=1)
    return close.replace(tzinfo=ZoneInfo(BERLIN)).astimezone(UTC)


def parsed(text: str, locale: str) -> datetime:
    return parse_when(text, NOW, BERLIN, locale, open_at=time(10), close=close_after)


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(BERLIN)).astimezone(UTC)


@pytest.mark.parametrize(("text", "expected"), table(ENGLISH, "->"))
def test_english_phrases_name_their_moment(text: str, expected: str) -> None:
    assert parsed(text, "en") == berlin(expected)


@pytest.mark.parametrize(("text", "expected"), table(RUSSIAN, "->"))
def test_russian_phrases_name_their_moment(text: str, expected: str) -> None:
    assert parsed(text, "ru-RU") == berlin(expected)


def test_the_tables_hold_enough_of_what_people_write() -> None:
    assert len(table(ENGLISH, "->") + table(RUSSIAN, "->")) >= 120


@pytest.mark.parametrize(("locale", "text", "reason"), table(REFUSED, "|"))
def test_what_cannot_be_read_in_one_way_is_refused_with_its_reason(locale: str, text: str, reason: str) -> None:
    with pytest.raises(WhenError) as refused:
        parsed(text, locale)
    assert refused.value.reason_key == reason


@pytest.mark.parametrize(("locale", "text", "expected", "rest"), table(SPLIT, "|"))
def test_the_words_after_the_time_are_handed_back_as_written(locale: str, text: str, expected: str, rest: str) -> None:
    assert split_when(text, NOW, BERLIN, locale, open_at=time(10), close=close_after) == (
        berlin(expected),
        rest,
    )


@pytest.mark.parametrize(
    "text", ["noon:30 vendor", "2h.5 vendor", "16:00x vendor", "15:00-16:00 vendor", "вт 10-00 - 12-00 vendor"]
)
def test_half_a_time_is_not_split_off(text: str) -> None:
    with pytest.raises(WhenError):
        split_when(text, NOW, BERLIN, "ru")


def test_working_days_are_counted_from_monday_on_at_a_weekend() -> None:
    for day in (28, 29):
        now = berlin(f"2026-11-{day} 12:00")
        assert parse_when("in 1 working day at 10:00", now, BERLIN, "en") == berlin("2026-11-30 10:00")
        assert parse_when("in 6 working days at 10:00", now, BERLIN, "en") == berlin("2026-12-07 10:00")


# Changes of clocks in 2026: Berlin 29 March and 25 October, New York 8 March and 1 November, GMT+3 never.
CHANGES = [
    (BERLIN, "2026-03-27T12:00Z", "28.03 02:30", "2026-03-28T01:30Z"),
    (BERLIN, "2026-03-28T12:00Z", "tomorrow 02:00", "2026-03-29T01:00Z"),
    (BERLIN, "2026-03-28T12:00Z", "tomorrow 02:30", "2026-03-29T01:00Z"),
    (BERLIN, "2026-03-28T12:00Z", "tomorrow 03:00", "2026-03-29T01:00Z"),
    (BERLIN, "2026-03-28T12:00Z", "tomorrow 03:01", "2026-03-29T01:01Z"),
    (BERLIN, "2026-03-28T12:00Z", "24h", "2026-03-29T12:00Z"),
    (BERLIN, "2026-03-28T12:00Z", "1 day", "2026-03-29T11:00Z"),
    (BERLIN, "2026-03-28T01:30Z", "1 day", "2026-03-29T01:00Z"),
    (BERLIN, "2026-10-24T12:00Z", "tomorrow 02:30", "2026-10-25T00:30Z"),
    (BERLIN, "2026-10-24T12:00Z", "tomorrow 03:00", "2026-10-25T02:00Z"),
    (BERLIN, "2026-10-25T00:45Z", "02:30", "2026-10-26T01:30Z"),
    (NEW_YORK, "2026-03-07T17:00Z", "tomorrow 02:30", "2026-03-08T07:00Z"),
    (NEW_YORK, "2026-03-07T17:00Z", "tomorrow noon", "2026-03-08T16:00Z"),
    (NEW_YORK, "2026-10-31T17:00Z", "tomorrow 01:30", "2026-11-01T05:30Z"),
    (NEW_YORK, "2026-10-31T17:00Z", "tomorrow noon", "2026-11-01T17:00Z"),
    (NEW_YORK, "2026-11-25T03:00Z", "22:30", "2026-11-25T03:30Z"),
    (NEW_YORK, "2026-11-25T03:00Z", "tomorrow 10:00", "2026-11-25T15:00Z"),
    (MOSCOW_TIME, "2026-11-25T22:00Z", "today 10:00", "2026-11-26T07:00Z"),
    (MOSCOW_TIME, "2026-03-28T12:00Z", "tomorrow 02:30", "2026-03-28T23:30Z"),
    ("Australia/Lord_Howe", "2026-10-03T12:00Z", "tomorrow 02:15", "2026-10-03T15:30Z"),
]


def test_every_zone_of_europe_is_known_by_its_city_in_russian() -> None:
    """But for a name of three letters that has more meanings, and a village of Germany's."""
    zones = Locale("ru").time_zones
    cities = {zone: found["city"] for zone in available_timezones() if "city" in (found := zones.get(zone, {}))}
    european = {zone: city for zone, city in cities.items() if zone.startswith("Europe/")}
    assert len(european) > 50
    for zone in european.keys() - {"Europe/Isle_of_Man", "Europe/Busingen"}:
        at = parse_when(f"01.07 10:00 {european[zone]}", NOW, BERLIN, "ru")
        assert f"{at.astimezone(ZoneInfo(zone)):%H:%M}" == "10:00", european[zone]


@pytest.mark.parametrize(("zone", "now", "text", "expected"), CHANGES)
def test_changes_of_clocks_move_no_promise(zone: str, now: str, text: str, expected: str) -> None:
    assert parse_when(text, datetime.fromisoformat(now), zone, "en") == datetime.fromisoformat(expected)


def test_a_time_that_has_passed_stays_today_where_rolling_is_off() -> None:
    assert parse_when("9:30", NOW, BERLIN, "en", roll=False) == berlin("2026-11-25 09:30")
    assert parse_when("wed 9:30", NOW, BERLIN, "en", roll=False) == berlin("2026-11-25 09:30")


def test_an_end_of_day_may_be_given_as_a_moment() -> None:
    assert parse_when("eod", NOW, BERLIN, "en", close=berlin("2026-11-25 19:00")) == berlin("2026-11-25 19:00")
    with pytest.raises(WhenError, match="no_close"):
        parse_when("tomorrow eod", NOW, BERLIN, "en", close=berlin("2026-11-25 19:00"))


def test_a_shift_that_ends_in_the_small_hours_still_ends_that_day() -> None:
    assert parse_when("today eod", NOW, BERLIN, "en", close=berlin("2026-11-26 02:00")) == berlin("2026-11-26 02:00")


def test_an_end_of_day_needs_working_hours() -> None:
    with pytest.raises(WhenError, match="no_close"):
        parse_when("eod", NOW, BERLIN, "en")


def test_a_day_alone_needs_an_opening() -> None:
    with pytest.raises(WhenError, match="needs_time"):
        parse_when("tomorrow", NOW, BERLIN, "en")


def test_a_refusal_names_the_words_and_an_example_that_works() -> None:
    with pytest.raises(WhenError) as refused:
        parsed("3/4 because the vendor says so", "ru")
    assert refused.value.value == "3/4"
    for example in refused.value.example.split(", "):
        assert parsed(example, "ru") > NOW


def test_a_long_text_is_cut_in_the_refusal() -> None:
    with pytest.raises(WhenError) as refused:
        parsed("well " * 100, "en")
    assert len(refused.value.value) == 40


@pytest.mark.parametrize(
    ("text", "locale", "minutes"),
    [
        ("2h", "en", 120),
        ("90m", "en", 90),
        ("1h30", "en", 90),
        ("1 h 30 min", "en", 90),
        ("half an hour", "en", 30),
        ("2 d", "en", 2880),
        ("in 1 week", "en", 10080),
        ("1.5 hours", "en", 90),
        ("полтора часа", "ru", 90),
        ("2 ч 5 мин.", "ru", 125),
        ("сутки", "ru", 1440),
        ("2h", "ru", 120),
        ("2h", "xx", 120),
    ],
)
def test_durations_are_read(text: str, locale: str, minutes: int) -> None:
    assert parse_duration(text, locale) == timedelta(minutes=minutes)


@pytest.mark.parametrize("text", ["", "2", "h", "16:00", "2h or so", "-2h", "2 wd", "tomorrow"])
def test_what_is_no_duration_is_refused_with_an_example_that_works(text: str) -> None:
    with pytest.raises(WhenError) as refused:
        parse_duration(text, "en")
    assert refused.value.reason_key == "errors.duration"
    assert all(parse_duration(example, "en") for example in refused.value.example.split(", "))


WORDS = load()
FRAGMENTS = [
    *("in", "at", "by", "tomorrow", "5", "16:00", "h", "noon", "eod", "next", "mon", "nov", "a", "."),
    *("24.11", "3/4", "gmt+3", "-", ",", "ſ", "İ", "в", "завтра", "час", "31", "2026", "z", "99"),
]


@pytest.mark.parametrize("locale", ["en", "ru"])
@given(seconds=st.integers(min_value=0, max_value=700 * 86400))
def test_every_duration_that_we_write_can_be_read_back(locale: str, seconds: int) -> None:
    span = timedelta(seconds=seconds)
    assert parse_duration(WORDS.words(locale).duration(span, exact=True), locale) == span


@pytest.mark.parametrize("locale", ["en", "ru"])
@given(minutes=st.integers(min_value=1, max_value=1439))
def test_every_time_that_we_write_can_be_read_back(locale: str, minutes: int) -> None:
    at = NOW + timedelta(minutes=minutes)
    assert parse_when(f"{at.astimezone(ZoneInfo(BERLIN)):%H:%M}", NOW, BERLIN, locale) == at


@pytest.mark.parametrize("locale", ["en", "ru"])
@given(
    text=st.text(max_size=30)
    | st.text("0123456789:./- hmdпняч", max_size=20)
    | st.lists(
        st.sampled_from(FRAGMENTS),
        max_size=6,
    ).map(" ".join)
)
def test_whatever_is_written_gives_a_moment_and_the_rest_or_a_refusal(locale: str, text: str) -> None:
    try:
        at, rest = split_when(text, NOW, BERLIN, locale, open_at=time(10), close=close_after)
    except WhenError:
        return
    assert at.utcoffset() == timedelta(0)
    assert text.rstrip().endswith(rest)


def test_a_date_may_end_with_a_dot_as_it_is_written_in_german() -> None:
    now = datetime(2026, 11, 20, 9, tzinfo=UTC)
    at, rest = split_when("31.12. 15:00 new disk", now, "Europe/Berlin", "en")
    assert (at, rest) == (datetime(2026, 12, 31, 14, tzinfo=UTC), "new disk")
    with pytest.raises(WhenError) as wrong:
        split_when("31.12. 25:00", now, "Europe/Berlin", "en")
    assert wrong.value.reason_key == "errors.when.no_such_time"
