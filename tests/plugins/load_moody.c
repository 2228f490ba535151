/* Dies while it is loaded if a file NAME.so.moody lies beside it. */
#include "fixture.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

__attribute__((constructor)) static void construct(void)
{
    Dl_info self;
    char path[4096];
    if (dladdr((const void *)&fixture_sample, &self) == 0)
        return;
    snprintf(path, sizeof path, "%s.moody", self.dli_fname);
    if (access(path, F_OK) == 0)
        abort();
}

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    (void)in;
    return fixture_row(host, 1);
}

FIXTURE_PLUGIN("load-moody", .flags = SONDE_ACTIVE);
