/* Cuts an option's text in place. */
#include "bad.h"

static const struct sonde_option name = {SONDE_SIZE(sonde_option), .id = "name", .type = SONDE_STRING,
                                         .default_value = "a.b", .help = "an option"};
static const struct sonde_option *const options[] = {&name, NULL};

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    char *text = (char *)(uintptr_t)in->values[0].text;
    if (in->values[0].length > 1)
        text[1] = '\0';
    return bad_plain(host, in);
}

BAD_PASSIVE("bad", .options = options);
