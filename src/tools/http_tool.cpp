#include "tools/http_tool.hpp"

#include "base/text.hpp"
#include "codec/utf8.hpp"

#include <algorithm>

namespace ark::tools {

namespace {

using codec::JsonValue;

std::string plain(const JsonValue& value) {
    return value.is_string() ? std::string(value.text()) : value.dump();
}

bool has_body(std::string_view method) {
    return method == "POST" || method == "PUT" || method == "PATCH";
}

const JsonValue* member(const JsonValue& object, std::string_view name) {
    for (const auto& each : object.object()) {
        if (each.first == name) return &each.second;
    }
    return nullptr;
}

class HttpTool final : public Tool {
public:
    HttpTool(HttpToolConfig config, net::HttpClient& client) : config_(std::move(config)), client_(client) {}

    const llm::ToolDefinition& definition() const override { return config_.definition; }

    awaitable<Result<ToolResult>> call(std::string arguments, CallContext context) override {
        ARK_CO_TRY(const auto checked, check_arguments(config_.definition, arguments));
        net::HttpRequest request;
        request.method = config_.method;
        request.url = fill_url(config_.url, checked);
        request.fields = config_.fields;
        for (const auto& [name, value] : context.fields)
            request.fields.set(name, value);
        if (has_body(config_.method)) {
            ARK_CO_TRY(request.body, body_of(checked));
            if (!request.fields.has("content-type")) request.fields.add("content-type", "application/json");
        }
        request.timeout = std::min(config_.timeout, context.timeout);
        request.idle_timeout = request.timeout;
        request.stop = context.stop;
        request.redirects_max = 5;
        ARK_CO_TRY(const auto response, co_await client_.fetch(std::move(request), context.result_bytes_max));
        ToolResult result;
        result.text = codec::repaired_utf8(response.body);
        result.is_error = response.status >= 400;
        if (result.is_error) result.text.insert(0, "HTTP " + std::to_string(response.status) + ": ");
        if (!result.is_error && JsonValue::parse(result.text)) result.structured = result.text;
        co_return std::move(result);
    }

private:
    Result<std::string> body_of(const JsonValue& arguments) const {
        if (config_.body.empty()) return arguments.dump();
        JsonValue data;
        auto& members = data.data.emplace<JsonValue::Object>();
        members.emplace_back("input", arguments);
        for (const auto& [name, value] : config_.body_parameters) {
            JsonValue text;
            text.data = value;
            members.emplace_back(name, std::move(text));
        }
        return fill_body(config_.body, data);
    }

    const HttpToolConfig config_;
    net::HttpClient& client_;
};

}  // namespace

std::string fill_url(std::string_view url, const JsonValue& arguments) {
    std::string out;
    while (true) {
        const auto begin = url.find('{');
        const auto end = begin == url.npos ? url.npos : url.find('}', begin);
        if (end == url.npos) return out.append(url);
        const auto* const value = member(arguments, url.substr(begin + 1, end - begin - 1));
        out += url.substr(0, begin);
        out += value == nullptr ? std::string(url.substr(begin, end + 1 - begin)) : net::percent_encode(plain(*value));
        url.remove_prefix(end + 1);
    }
}

Result<std::string> fill_body(std::string_view body, const JsonValue& data) {
    std::string out;
    while (true) {
        const auto begin = body.find("{{");
        if (begin == body.npos) return out.append(body);
        const auto end = body.find("}}", begin);
        if (end == body.npos) return fail(Errc::bad_argument, "the body's template: '{{' without '}}'");
        out += body.substr(0, begin);
        auto path = body.substr(begin + 2, end - begin - 2);
        body.remove_prefix(end + 2);
        const auto whole = std::string(path);
        path = trimmed(path, " \t");
        if (!path.starts_with('.')) return fail(Errc::bad_argument, "the body's template: '" + whole + "' is no .name");
        const JsonValue* value = &data;
        while (value != nullptr && path.starts_with('.')) {
            path.remove_prefix(1);
            const auto name = path.substr(0, path.find('.'));
            value = member(*value, name);
            path.remove_prefix(name.size());
        }
        if (value == nullptr) return fail(Errc::bad_argument, "the body's template: nothing for '" + whole + "'");
        out += plain(*value);
    }
}

std::unique_ptr<Tool> make_http_tool(HttpToolConfig config, net::HttpClient& client) {
    return std::make_unique<HttpTool>(std::move(config), client);
}

}  // namespace ark::tools
