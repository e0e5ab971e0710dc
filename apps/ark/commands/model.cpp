#include "llm/model.hpp"

#include "codec/json_writer.hpp"
#include "codec/utf8.hpp"
#include "commands/commands.hpp"
#include "control_loop.hpp"

#include <cstdlib>

#include <fmt/format.h>

namespace ark::cli {
namespace {

Result<llm::ModelConfig> model_config(const Invocation& invocation) {
    llm::ModelConfig config;
    config.provider = *llm::parse_provider(invocation.text("provider", "openai"));
    config.model = invocation.text("model", "mock");
    config.base_url = invocation.text("base-url");
    if (config.base_url.empty()) return fail(Errc::bad_argument, "--base-url: where the model is, for example .../v1");
    // From the environment only: a key among the arguments would show in every process list.
    const auto variable = invocation.text("key-variable", "ARK_MODEL_API_KEY");
    if (const char* const key = std::getenv(variable.c_str()); key != nullptr) config.api_key = key;
    config.api_version = invocation.text("api-version");
    ARK_TRY(config.fields, fields_of(invocation));
    for (const auto& property : invocation.all("property")) {
        const auto equals = property.find('=');
        if (equals == std::string::npos)
            return fail(Errc::bad_argument, "--property '" + property + "' is not NAME=VALUE");
        config.properties.emplace_back(property.substr(0, equals), property.substr(equals + 1));
    }
    return config;
}

llm::ChatRequest request_of(const Invocation& invocation) {
    llm::ChatRequest request;
    if (invocation.has("system")) {
        llm::Message system;
        system.role = llm::Role::system;
        system.content = codec::repaired_utf8(invocation.text("system"));
        request.messages.push_back(std::move(system));
    }
    llm::Message user;
    user.content = codec::repaired_utf8(invocation.text("TEXT"));
    request.messages.push_back(std::move(user));
    return request;
}

std::string reply_json(const llm::ChatReply& reply, unsigned attempts) {
    std::string text;
    codec::JsonWriter json(text);
    json.begin_object().key("message");
    llm::append_message(json, reply.message);
    json.field("finishReason", llm::name(reply.finish)).field("model", reply.model).field("id", reply.id);
    json.key("usage").begin_object();
    json.field("prompt", reply.usage.prompt).field("completion", reply.usage.completion);
    json.field("total", reply.usage.total).field("cached", reply.usage.cached);
    json.field("reasoning", reply.usage.reasoning).end_object();
    json.field("attempts", attempts).end_object();
    return text;
}

Result<Exit> run_model_call(Context& context, const Invocation& invocation) {
    ARK_TRY(auto config, model_config(invocation));
    ControlLoop loop(context);
    Random random(random_seed());
    ARK_TRY(const auto model, llm::make_model(std::move(config), loop.http(), context.clock(), random));
    const bool as_text = context.format.value_or(Format::table) == Format::table;
    llm::CallOptions options;
    options.stop = loop.stop_token();
    options.on_retry = [](const llm::Failure& failure, std::chrono::milliseconds wait) {
        say(fmt::format("{}; again in {} ms", printable(failure.error.context), wait.count()));
    };
    if (as_text && !invocation.flag("whole")) {
        options.on_delta = [&context](const llm::Delta& delta) {
            context.out().write(printable_lines(delta.text));
            context.out().flush();
        };
    }
    const bool streamed = options.on_delta != nullptr;
    const auto outcome = loop.run(model->chat(request_of(invocation), std::move(options)));
    if (const auto exit = loop.stopped_by(); exit && !outcome.ok()) return *exit;
    if (!outcome.ok()) {
        auto error = outcome.failure().error;
        // What the model refuses is a failed operation, not a wrong flag of ours.
        if (error.code == Errc::bad_argument && outcome.failure().http_status != 0) error.code = Errc::unavailable;
        return prefix(std::move(error), llm::name(outcome.failure().type));
    }
    const auto& reply = outcome.reply();
    if (!as_text) {
        context.out().line(reply_json(reply, outcome.attempts));
        return Exit::success;
    }
    context.out().line(streamed ? "" : printable_lines(reply.message.content));
    for (const auto& call : reply.message.tool_calls)
        context.out().line(printable("→ " + call.name + " " + call.arguments));
    context.note(fmt::format("{}: {} tokens in, {} out ({} cached), {}", printable(reply.model), reply.usage.prompt,
                             reply.usage.completion, reply.usage.cached, llm::name(reply.finish)));
    return Exit::success;
}

}  // namespace

void add_model(CommandTable& table) {
    CommandSpec group;
    group.path = "model";
    group.summary = "Talk to a model directly, without a broker.";
    table.push_back(std::move(group));

    CommandSpec command;
    command.path = "model call";
    command.summary = "Ask a model once and print its answer as it comes";
    command.details =
        "The key comes from the environment (ARK_MODEL_API_KEY). For example, with a scripted model:\n"
        "ark mock-llm --script examples/mock-llm.yaml   and   ark model call --base-url http://127.0.0.1:4010/v1 hello";
    command.arguments = {{"TEXT", "what to ask", true, {}, Complete::nothing}};
    command.options = {
        {"--base-url",
         "URL",
         "where the model is: the part before /chat/completions",
         "",
         {},
         false,
         Complete::nothing},
        {"--model", "NAME", "the provider's name for it", "mock", {}, false, Complete::nothing},
        {"--provider",
         "NAME",
         "how it is spoken to",
         "openai",
         {"openai", "azure", "anthropic"},
         false,
         Complete::nothing},
        {"--system", "TEXT", "instructions before the question", "", {}, false, Complete::nothing},
        {"--property",
         "NAME=VALUE",
         "a member of the request, such as temperature=0.2",
         "",
         {},
         true,
         Complete::nothing},
        {"--api-version", "VERSION", "of Azure's classic paths, or Anthropic's", "", {}, false, Complete::nothing},
        {"--key-variable",
         "NAME",
         "the variable that holds the key",
         "ARK_MODEL_API_KEY",
         {},
         false,
         Complete::nothing},
        {"-H,--header", "FIELD", "'Name: value'", "", {}, true, Complete::nothing},
        {"--whole", "", "do not stream", "", {}, false, Complete::nothing}};
    command.run = run_model_call;
    table.push_back(std::move(command));
}

}  // namespace ark::cli
