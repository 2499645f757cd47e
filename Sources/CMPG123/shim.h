#pragma once
// The names that every version has: from 1.31 on macros would stand for others, and Swift sees no macros.
#define MPG123_ENUM_API
#include <mpg123.h>
