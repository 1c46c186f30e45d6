/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Functions that invite mistakes: using one is a compile error. Included last, by every source. */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

#pragma GCC poison strcpy strcat sprintf vsprintf strncpy strncat strtok strtok_r
#pragma GCC poison atoi atol atoll atof gets ctime ctime_r asctime asctime_r

#endif
