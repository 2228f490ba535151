#pragma once

#include "programs/cli/answer_printer.hpp"
#include "programs/cli/server.hpp"

#include <string>
#include <vector>

namespace sonde::cli {

// Shows the rows of a GET as they come and returns the exit status. What was printed before a failure or a signal
// stands. Where there are none, what `nothing` says is said, and the status is kNothingRan. `only`, if given, are the
// agents whose rows are wanted.
int show_rows(Console &console, ServerConnection &server, const std::string &path, const Parameters &parameters,
              const AnswerWords &words, AnswerLook look, const std::function<std::string()> &nothing,
              const std::vector<std::string> *only = nullptr);

// What a person may have meant by `word`, which matched nothing: "; did you mean 'x'?", or what there is, of the values
// that `member` has in the rows of a GET. Empty where that cannot be told.
std::string meant(ServerConnection &server, const std::string &path, const Parameters &parameters, const char *member,
                  const std::string &word);

} // namespace sonde::cli
