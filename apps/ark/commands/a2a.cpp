#include "base/random.hpp"
#include "codec/utf8.hpp"
#include "commands/commands.hpp"
#include "control_loop.hpp"
#include "tools/a2a/client.hpp"

#include <fmt/format.h>

namespace ark::cli {
namespace {

namespace a2a = tools::a2a;

Result<a2a::ClientConfig> a2a_config(const Invocation& invocation) {
    a2a::ClientConfig config;
    config.url = invocation.text("URL");
    ARK_TRY_STATUS(net::Url::parse(config.url, net::Url::Schemes::http_and_https));
    ARK_TRY(config.fields, fields_of(invocation));
    return config;
}

Result<Exit> run_card(Context& context, const Invocation& invocation) {
    ARK_TRY(auto config, a2a_config(invocation));
    ControlLoop loop(context);
    const auto client = a2a::Client::create(loop.http(), std::move(config));
    const auto card = loop.run(client->card(loop.stop_token()));
    if (const auto exit = loop.stopped_by(); exit && !card) return *exit;
    if (!card) return Error(card.error());
    context.out().line(fmt::format("{}  {}\n{}\nA2A {} at {}{}", printable(card->name), printable(card->version),
                                   printable(card->description), printable(card->protocol_version),
                                   printable(card->url), card->streaming ? ", streams" : ""));
    for (const auto& skill : card->skills.array())
        context.out().line(printable(fmt::format("- {}: {}", skill["name"].text(), skill["description"].text())));
    return Exit::success;
}

Result<Exit> run_send(Context& context, const Invocation& invocation) {
    ARK_TRY(auto config, a2a_config(invocation));
    ControlLoop loop(context);
    const auto client = a2a::Client::create(loop.http(), std::move(config));
    a2a::Outgoing message;
    message.text = codec::repaired_utf8(invocation.text("TEXT"));
    message.message_id = Random(random_seed()).trace_id().hex();
    message.context_id = invocation.text("context");
    message.task_id = invocation.text("task");
    tools::CallContext call;
    call.stop = loop.stop_token();
    call.timeout = context.timeout;
    const auto show = [&context](const a2a::Update& update) {
        const auto words = update.text.empty() ? "" : ": " + printable(update.text);
        context.note(fmt::format("{}{}", update.artifact ? "artifact" : a2a::name(update.state), words));
    };
    auto sending = invocation.flag("stream") ? client->stream(std::move(message), std::move(call), show)
                                             : client->send(std::move(message), std::move(call));
    const auto reply = loop.run(std::move(sending));
    if (const auto exit = loop.stopped_by(); exit && !reply) return *exit;
    if (!reply) return Error(reply.error());
    if (context.format.value_or(Format::table) == Format::table) {
        context.out().line(printable_lines(reply->text));
        if (!reply->task_id.empty())
            context.note(fmt::format("task {} {}", printable(reply->task_id), a2a::name(reply->state)));
    } else {
        context.out().line(reply->json.dump());
    }
    const bool failed = reply->state == a2a::TaskState::failed || reply->state == a2a::TaskState::rejected;
    return failed ? Exit::failed : Exit::success;
}

}  // namespace

void add_a2a(CommandTable& table) {
    CommandSpec group;
    group.path = "a2a";
    group.summary = "Talk to an agent over A2A directly, without a broker.";
    table.push_back(std::move(group));

    const OptionSpec header{"-H,--header", "FIELD",          "'Name: value', such as an authorization", "", {},
                            true,          Complete::nothing};
    CommandSpec card;
    card.path = "a2a card";
    card.summary = "Show an agent's card";
    card.arguments = {{"URL", "of the agent: its host, or where its card is", true, {}, Complete::nothing}};
    card.options = {header};
    card.run = run_card;
    table.push_back(std::move(card));

    CommandSpec send;
    send.path = "a2a send";
    send.summary = "Send a text to an agent and print its answer";
    send.details = "Ends with 2 when the task failed or was rejected.";
    send.arguments = {{"URL", "of the agent: its host, or where its card is", true, {}, Complete::nothing},
                      {"TEXT", "what to say", true, {}, Complete::nothing}};
    send.options = {
        header,
        {"--stream", "", "show what happens meanwhile, on standard error", "", {}, false, Complete::nothing},
        {"--context", "ID", "go on with this conversation", "", {}, false, Complete::nothing},
        {"--task", "ID", "answer this task, which asked for input", "", {}, false, Complete::nothing}};
    send.run = run_send;
    table.push_back(std::move(send));
}

}  // namespace ark::cli
