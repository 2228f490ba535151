#include "model/any_document.hpp"
#include "model/limits.hpp"
#include "model/xml.hpp"
#include "programs/cli/file.hpp"
#include "programs/cli/verb.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <fstream>
#include <memory>

namespace sonde::cli {

namespace {

struct ConvertWords {
    std::string file;
    std::string form; // empty: the one that the file does not have
    std::string output = "-";
};

int convert(Console &console, const ConvertWords &words)
{
    const Result<std::string> text = read_given(words.file, model::kReportBytesMax);
    if (!text)
        return fail(console, text.error(), input_status(text.error()));
    const auto document = model::read_any_document(*text);
    for (Error error : document.errors) {
        error.where = error.where.empty() ? words.file : words.file + ": " + error.where;
        fail(console, error, kUsage);
    }
    if (!document)
        return kUsage;
    const bool as_xml = words.form.empty() ? !model::is_xml(*text) : words.form == "xml";
    const std::string converted = as_xml ? model::to_xml(*document) : *document;
    if (words.output == "-") {
        console.out(converted);
        return kDone;
    }
    std::ofstream stream(words.output, std::ios::binary | std::ios::trunc);
    stream << converted;
    stream.close();
    if (!stream)
        return fail(console, {words.output, "cannot be written", ""}, kUsage);
    return kDone;
}

} // namespace

Verb add_convert(CLI::App &sonde)
{
    const auto words = std::make_shared<ConvertWords>();
    CLI::App *app = sonde.add_subcommand("convert", "Write an instruction, a state or a report in JSON or in XML");
    app->add_option("FILE", words->file, "the document of RFC 8194, in either form; - reads stdin")->required();
    app->add_option("--to", words->form, "json or xml; without it the form that FILE does not have")
        ->check(CLI::IsMember({"json", "xml"}));
    app->add_option("-o,--output", words->output, "where to; - or without it stdout");
    app->footer(examples({"sonde convert lmapd-config.xml -o instruction.json", "sonde convert hourly.json --to xml"}) +
                "\n\nThe types of its nodes are checked; `sonde validate` says whether an instruction makes sense."
                "\n\nExit status: 0 done, 2 not valid or not readable.");
    return {app, [words](Console &console) { return convert(console, *words); }};
}

} // namespace sonde::cli
