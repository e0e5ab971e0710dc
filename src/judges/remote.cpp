#include "judges/remote.hpp"

#include "codec/json_text.hpp"
#include "net/http_client.hpp"

namespace ark::judges {
namespace {

constexpr std::size_t answer_bytes_max = 4u << 20;

class HttpRemote final : public Remote {
public:
    explicit HttpRemote(net::HttpClient& client) : client_(client) {}

    awaitable<Result<Answer>> post(std::string url, std::string body, std::chrono::milliseconds timeout,
                                   std::stop_token stop) override {
        net::HttpRequest request;
        request.method = "POST";
        request.url = std::move(url);
        request.fields.set("content-type", "application/json");
        request.fields.set("accept", "application/json");
        request.body = std::move(body);
        request.timeout = timeout;
        request.idle_timeout = timeout;
        request.stop = std::move(stop);
        auto response = co_await client_.fetch(std::move(request), answer_bytes_max);
        if (!response) co_return response.error();
        Answer answer;
        answer.status = response->status;
        answer.body = codec::parsed_or_null(response->body);
        co_return answer;
    }

private:
    net::HttpClient& client_;
};

}  // namespace

std::unique_ptr<Remote> make_remote(net::HttpClient& client) {
    return std::make_unique<HttpRemote>(client);
}

}  // namespace ark::judges
