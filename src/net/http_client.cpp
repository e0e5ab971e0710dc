#include "net/http_client.hpp"

#include "net/chunked.hpp"
#include "net/client_connection.hpp"
#include "net/response_head.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <unordered_set>

#include <boost/asio/post.hpp>

namespace ark::net {

namespace {

using TimePoint = ClientConnection::TimePoint;
constexpr auto never = ClientConnection::never;
constexpr std::chrono::seconds prune_every{1};

TimePoint in(std::chrono::milliseconds limit) {
    return limit.count() <= 0 ? never : std::chrono::steady_clock::now() + limit;
}

/// The connections of one client: those that lie idle, and how many there are.
class Pool : public std::enable_shared_from_this<Pool> {
public:
    Pool(asio::io_context& context, HttpClientConfig config)
        : context_(context), config_(std::move(config)), prune_(context) {}

    /// An idle connection, or a new one that is not open yet.
    Result<std::shared_ptr<ClientConnection>> take(const Url& origin, bool fresh_only) {
        const auto found = idle_.find(key(origin));
        while (!fresh_only && found != idle_.end() && !found->second.empty()) {
            auto connection = std::move(found->second.back());
            found->second.pop_back();
            if (connection->expires > std::chrono::steady_clock::now() && connection->is_fresh()) {
                ++counters_.reused;
                return connection;
            }
            drop(*connection);
        }
        if (closed_) return fail(Errc::stopped, "the HTTP client");
        if (active_.size() + idle_count() >= config_.connections_max)
            return fail(Errc::overloaded, "HTTP client: " + std::to_string(config_.connections_max) + " connections");
        ++counters_.opened;
        return std::make_shared<ClientConnection>(context_, origin);
    }
    void begin(ClientConnection& connection) { active_.insert(&connection); }
    void end(ClientConnection& connection) { active_.erase(&connection); }

    /// Keeps a connection whose answer was read to its end.
    void keep(const std::shared_ptr<ClientConnection>& connection, std::optional<std::chrono::seconds> hint) {
        auto& idle = idle_[key(connection->origin())];
        if (closed_ || idle.size() >= config_.idle_per_origin_max) return drop(*connection);
        auto keep_for = config_.idle_max;
        // A second early: what the server closes while we send is lost.
        if (hint) keep_for = std::min<std::chrono::milliseconds>(keep_for, *hint - std::chrono::seconds(1));
        if (keep_for.count() <= 0) return drop(*connection);
        connection->set_deadline(never);
        connection->expires = std::chrono::steady_clock::now() + keep_for;
        idle.push_back(connection);
        if (!pruning_) prune_later();
    }
    void close() {
        closed_ = true;
        const auto active = active_;
        for (auto* connection : active)
            connection->abort(fail(Errc::stopped, "the HTTP client"));
        idle_.clear();
        prune_.cancel();
    }
    asio::ssl::context* tls(const Url& origin) {
        if (origin.scheme != "https") return nullptr;
        if (!tls_) tls_ = make_tls();  // late: reading the system's certificates takes some 10 ms and 1 MB
        return tls_.get();
    }

    asio::io_context& context() { return context_; }
    const HttpClientConfig& config() const { return config_; }
    HttpClient::Counters counters() const {
        auto counters = counters_;
        counters.open = active_.size() + idle_count();
        return counters;
    }

private:
    static std::string key(const Url& origin) { return origin.scheme + "://" + origin.authority(); }
    static void drop(ClientConnection& connection) { connection.abort(fail(Errc::closed, "not kept")); }
    std::size_t idle_count() const {
        std::size_t n = 0;
        for (const auto& [name, idle] : idle_)
            n += idle.size();
        return n;
    }
    std::unique_ptr<asio::ssl::context> make_tls() const {
        auto tls = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_client);
        boost::system::error_code ignored;  // without certificates every handshake fails, and says so
        if (config_.ca_file.empty()) {
            tls->set_default_verify_paths(ignored);
        } else {
            tls->load_verify_file(config_.ca_file, ignored);
        }
        tls->set_verify_mode(asio::ssl::verify_peer);
        tls->set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
        return tls;
    }
    void prune_later() {
        pruning_ = true;
        prune_.expires_after(prune_every);
        prune_.async_wait([weak = weak_from_this()](const boost::system::error_code& cancelled) {
            const auto self = cancelled ? nullptr : weak.lock();
            if (self) self->prune();
        });
    }
    void prune() {
        const auto now = std::chrono::steady_clock::now();
        for (auto each = idle_.begin(); each != idle_.end();) {
            std::erase_if(each->second, [now](const auto& connection) {
                const bool gone = connection->expires <= now || !connection->is_fresh();
                if (gone) drop(*connection);
                return gone;
            });
            each = each->second.empty() ? idle_.erase(each) : std::next(each);
        }
        pruning_ = false;
        if (!idle_.empty()) prune_later();
    }

    asio::io_context& context_;
    const HttpClientConfig config_;
    std::unique_ptr<asio::ssl::context> tls_;
    std::map<std::string, std::vector<std::shared_ptr<ClientConnection>>> idle_;
    std::unordered_set<ClientConnection*> active_;  // each belongs to an Answer
    asio::steady_timer prune_;
    bool pruning_ = false;
    bool closed_ = false;
    HttpClient::Counters counters_;
};

/// One request on one connection, and its answer.
class Answer final : public HttpResponse {
public:
    Answer(std::shared_ptr<Pool> pool, std::shared_ptr<ClientConnection> connection, const HttpRequest& request,
           TimePoint deadline)
        : pool_(std::move(pool)),
          connection_(std::move(connection)),
          deadline_(deadline),
          idle_timeout_(request.idle_timeout),
          tether_(std::make_shared<Tether>(*connection_)),
          stop_(request.stop, Stop{pool_->context(), tether_}) {
        pool_->begin(*connection_);
    }
    ~Answer() override {
        if (ended_) return;  // beyond its end the connection is somebody else's
        pool_->end(*connection_);
        connection_->abort(fail(Errc::closed, "the answer was given up"));
    }

    int status() const override { return head_.status; }
    const Fields& fields() const override { return head_.fields; }

    /// Connects if needed, sends, and reads the head.
    awaitable<Status> start(const Url& url, const HttpRequest& request) {
        const auto& config = pool_->config();
        if (!connection_->used) {
            const auto connect_by = std::min(deadline_, in(config.connect_timeout));
            ARK_CO_TRY_STATUS(co_await connection_->open(config, pool_->tls(url), connect_by));
        }
        connection_->used = true;
        connection_->set_deadline(next_deadline());
        // One write for what is small: one segment, one wake-up of the peer.
        auto bytes = head_of(url, request);
        std::string_view rest = request.body;
        if (rest.size() <= small_body) {
            bytes += rest;
            rest = {};
        }
        auto sent = co_await connection_->write(bytes);
        if (sent && !rest.empty()) sent = co_await connection_->write(rest);
        // A server may refuse before it has read everything: then its answer says why.
        if (!sent && sent.error().code != Errc::closed) co_return sent;
        auto read = co_await read_head(request.method);
        if (!sent) framing_.keep_alive = false;
        co_return read;
    }

    awaitable<Result<std::optional<std::string>>> read() override {
        if (!ended_) connection_->set_deadline(next_deadline());
        while (!ended_) {
            std::string piece;
            ARK_CO_TRY_STATUS(take(piece));
            if (ended_) finish();
            if (!piece.empty()) co_return std::optional<std::string>(std::move(piece));
            if (ended_) break;
            ARK_CO_TRY(const bool more, co_await connection_->fill());
            if (more) continue;
            if (framing_.chunked || framing_.length) {
                co_return fail(Errc::closed, connection_->origin().authority() + ": closed within its answer");
            }
            ended_ = true;
            finish();
        }
        co_return std::optional<std::string>();
    }

    bool saw_bytes() const { return saw_bytes_; }

private:
    /// What a stop may still reach: gone once the connection is no longer ours.
    struct Tether {
        explicit Tether(ClientConnection& c) : connection(c) {}
        ClientConnection& connection;
    };
    /// Runs in any thread; the connection is touched on its own.
    struct Stop {
        asio::io_context& context;
        std::weak_ptr<Tether> tether;
        void operator()() const {
            asio::post(context, [weak = tether] {
                const auto live = weak.lock();
                if (live) live->connection.abort(fail(Errc::stopped, live->connection.origin().authority()));
            });
        }
    };
    static constexpr std::size_t small_body = 64u << 10;

    TimePoint next_deadline() const { return std::min(deadline_, in(idle_timeout_)); }

    std::string head_of(const Url& url, const HttpRequest& request) const {
        std::string head = request.method + " ";
        if (connection_->through_proxy) head += url.scheme + "://" + url.host_field();
        head += url.target + " HTTP/1.1\r\nhost: " + url.host_field() + "\r\n";
        if (!request.fields.has("user-agent")) head += "user-agent: " + pool_->config().user_agent + "\r\n";
        for (const auto& [name, value] : request.fields)
            head.append(name).append(": ").append(value).append("\r\n");
        const bool may_have_body = request.method != "GET" && request.method != "HEAD" && request.method != "DELETE";
        if (may_have_body || !request.body.empty())
            head += "content-length: " + std::to_string(request.body.size()) + "\r\n";
        return head + "\r\n";
    }

    awaitable<Status> read_head(const std::string& method) {
        auto& input = connection_->input;
        std::size_t scanned = 0;
        while (true) {
            const auto end = input.find("\r\n\r\n", scanned);
            saw_bytes_ = saw_bytes_ || !input.empty();
            if (end == input.npos) {
                scanned = input.size() < 3 ? 0 : input.size() - 3;
                if (input.size() > pool_->config().head_bytes_max)
                    co_return fail(Errc::protocol, connection_->origin().authority() + ": response head too long");
                ARK_CO_TRY(const bool more, co_await connection_->fill());
                if (!more) co_return fail(Errc::closed, connection_->origin().authority() + ": closed unanswered");
                continue;
            }
            ARK_CO_TRY_STATUS(parse_response_head(std::string_view(input).substr(0, end), head_));
            const bool http10 = input.starts_with("HTTP/1.0");
            input.erase(0, end + 4);
            scanned = 0;
            if (head_.status < 200) {  // 100 Continue and its like
                head_ = ClientResponse{};
                continue;
            }
            ARK_CO_TRY(framing_, framing_of(head_, method, http10));
            left_ = framing_.length.value_or(0);
            ended_ = framing_.length && left_ == 0;
            if (ended_) finish();
            co_return ok();
        }
    }

    /// What the input holds of the body.
    Status take(std::string& piece) {
        auto& input = connection_->input;
        std::string_view rest = input;
        if (framing_.chunked) {
            auto step = ChunkDecoder::Step::data;
            while (step == ChunkDecoder::Step::data) {
                std::string_view data;
                step = chunks_.next(rest, data);
                if (step == ChunkDecoder::Step::data) piece += data;
            }
            if (step == ChunkDecoder::Step::bad)
                return fail(Errc::protocol, connection_->origin().authority() + ": malformed chunked body");
            ended_ = step == ChunkDecoder::Step::done;
        } else {
            if (framing_.length)
                rest = rest.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, rest.size())));
            piece = rest;
            left_ -= framing_.length ? piece.size() : 0;
            rest = std::string_view(input).substr(piece.size());
            ended_ = framing_.length && left_ == 0;
        }
        input.erase(0, input.size() - rest.size());
        return ok();
    }

    /// The body's end: the connection is the pool's again.
    void finish() {
        tether_ = nullptr;
        pool_->end(*connection_);
        const bool reusable = framing_.keep_alive && (framing_.chunked || framing_.length);
        if (!reusable || !connection_->input.empty()) return connection_->abort(fail(Errc::closed, "not kept"));
        pool_->keep(connection_, keep_alive_hint());
    }
    /// `Keep-Alive: timeout=5, max=100`
    std::optional<std::chrono::seconds> keep_alive_hint() const {
        const auto text = head_.fields.find("keep-alive");
        const auto at = text.find("timeout=");
        if (at == text.npos) return std::nullopt;
        std::uint32_t seconds = 0;
        const auto digits = text.substr(at + 8);
        const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
        if (parsed.ec != std::errc{}) return std::nullopt;
        return std::chrono::seconds(seconds);
    }

    const std::shared_ptr<Pool> pool_;
    const std::shared_ptr<ClientConnection> connection_;
    const TimePoint deadline_;
    const std::chrono::milliseconds idle_timeout_;
    ClientResponse head_;  // status and fields
    BodyFraming framing_;
    ChunkDecoder chunks_;
    std::uint64_t left_ = 0;
    bool ended_ = false;
    bool saw_bytes_ = false;
    std::shared_ptr<Tether> tether_;
    std::stop_callback<Stop> stop_;  // last: its end waits for a callback that runs elsewhere
};

bool is_token(std::string_view name) {
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return c > ' ' && c < '\x7f' && std::string_view("()<>@,;:\\\"/[]?={}").find(c) == std::string_view::npos;
    });
}

/// A field from data must not smuggle in another one.
Status check_fields(const HttpRequest& request) {
    if (!is_token(request.method)) return fail(Errc::bad_argument, "HTTP method is not a word");
    for (const auto& [name, value] : request.fields) {
        if (!is_token(name)) return fail(Errc::bad_argument, "HTTP field name '" + name + "' is not a word");
        const bool clean = std::none_of(value.begin(), value.end(), [](char c) {
            return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7f';
        });
        if (!clean) return fail(Errc::bad_argument, "HTTP field " + name + " holds control characters");
    }
    return ok();
}

bool may_repeat(std::string_view method) {
    return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE" || method == "OPTIONS";
}

class PooledClient final : public HttpClient {
public:
    PooledClient(asio::io_context& context, HttpClientConfig config)
        : pool_(std::make_shared<Pool>(context, std::move(config))) {}
    ~PooledClient() override { pool_->close(); }

    awaitable<Result<std::unique_ptr<HttpResponse>>> send(HttpRequest request) override {
        const auto pool = pool_;  // the client may end while we wait
        ARK_CO_TRY(auto url, Url::parse(request.url, Url::Schemes::http_and_https));
        ARK_CO_TRY_STATUS(check_fields(request));
        const auto deadline = in(request.timeout);
        for (unsigned redirects = 0;; ++redirects) {
            ARK_CO_TRY(auto answer, co_await attempt(pool, url, request, deadline));
            const bool redirect = answer->status() / 100 == 3 && answer->fields().has("location");
            if (!redirect || redirects >= request.redirects_max) co_return std::move(answer);
            const bool keeps_method = answer->status() == 307 || answer->status() == 308;
            if (!keeps_method && request.method != "GET" && request.method != "HEAD") co_return std::move(answer);
            const auto next = url.resolve(answer->fields().find("location"));
            if (!next || !next->same_origin(url)) co_return std::move(answer);
            url = *next;
        }
    }

    Counters counters() const override { return pool_->counters(); }

private:
    static awaitable<Result<std::unique_ptr<HttpResponse>>> attempt(std::shared_ptr<Pool> pool, const Url& url,
                                                                    const HttpRequest& request, TimePoint deadline) {
        for (bool fresh_only = false;; fresh_only = true) {
            if (request.stop.stop_requested()) co_return fail(Errc::stopped, url.authority());
            ARK_CO_TRY(auto connection, pool->take(url, fresh_only));
            const bool reused = connection->used;
            auto answer = std::make_unique<Answer>(pool, std::move(connection), request, deadline);
            const auto started = co_await answer->start(url, request);
            if (started) co_return std::unique_ptr<HttpResponse>(std::move(answer));
            const bool stale = reused && started.error().code == Errc::closed && !answer->saw_bytes();
            if (!stale || !may_repeat(request.method)) co_return Error(started.error());
        }
    }

    const std::shared_ptr<Pool> pool_;
};

}  // namespace

std::unique_ptr<HttpClient> HttpClient::create(asio::io_context& context, HttpClientConfig config) {
    return std::make_unique<PooledClient>(context, std::move(config));
}

awaitable<Result<std::string>> HttpResponse::read_all(std::size_t bytes_max) {
    std::string body;
    while (true) {
        ARK_CO_TRY(auto piece, co_await read());
        if (!piece) co_return std::move(body);
        if (piece->size() > bytes_max - body.size())
            co_return fail(Errc::too_large, "response of more than " + std::to_string(bytes_max) + " bytes");
        body += *piece;
    }
}

awaitable<Result<ClientResponse>> HttpClient::fetch(HttpRequest request, std::size_t bytes_max) {
    ARK_CO_TRY(const auto answer, co_await send(std::move(request)));
    ClientResponse response;
    ARK_CO_TRY(response.body, co_await answer->read_all(bytes_max));
    response.status = answer->status();
    response.fields = answer->fields();
    co_return std::move(response);
}

}  // namespace ark::net
