// What the server says is believed only as far as it does no harm: status, length and body are
// bounded, and nothing of it is printed but its status. [RFC 9110]
#include "transfer.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <curl/curl.h>
#include <memory>
#include <poll.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace waxwing::http {
namespace {

using remote::Method;
using remote::Outcome;
using remote::TransferReply;
using remote::TransferRequest;

constexpr int max_redirects = 3;
constexpr uint64_t max_header_bytes = uint64_t{1} << 16;
constexpr uint64_t max_error_page_bytes = uint64_t{1} << 16;
constexpr long buffer_bytes = 1 << 19;
constexpr long slow_bytes_per_second = 1024;

struct Deleter {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Curl = std::unique_ptr<CURL, Deleter>;
using HeaderList = std::unique_ptr<curl_slist, Deleter>;

/// What the callbacks share.
struct Exchange {
  CURL* curl = nullptr;
  uint64_t max_body_bytes = 0;
  uint64_t body_bytes = 0;     // received, or sent
  uint64_t ignored_bytes = 0;  // of bodies of no interest
  uint64_t header_bytes = 0;
  bool is_too_large = false;
  bool has_write_failed = false;
  char error[CURL_ERROR_SIZE] = {};
};

long status_of(CURL* curl) {
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  return status;
}

bool write_body(const char* data, size_t size, uint64_t offset) {
  while (size != 0) {
    const ssize_t count = ::pwrite(body_descriptor, data, size, static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    data += count;
    size -= static_cast<size_t>(count);
    offset += static_cast<size_t>(count);
  }
  return true;
}

/// Returning fewer bytes than it was given ends the transfer.
size_t take_body(char* data, size_t, size_t size, void* context) {
  Exchange& exchange = *static_cast<Exchange*>(context);
  if (status_of(exchange.curl) != 200 || exchange.max_body_bytes == 0) {
    exchange.ignored_bytes += size;
    return exchange.ignored_bytes <= max_error_page_bytes ? size : 0;
  }
  curl_off_t announced = 0;
  curl_easy_getinfo(exchange.curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
  const uint64_t left = exchange.max_body_bytes - exchange.body_bytes;
  if (size > left || (announced > 0 && uint64_t(announced) > exchange.max_body_bytes)) {
    exchange.is_too_large = true;
    return 0;
  }
  if (!write_body(data, size, exchange.body_bytes)) {
    exchange.has_write_failed = true;
    return 0;
  }
  exchange.body_bytes += size;
  return size;
}

size_t take_header(char*, size_t, size_t size, void* context) {
  Exchange& exchange = *static_cast<Exchange*>(context);
  exchange.header_bytes += size;
  return exchange.header_bytes <= max_header_bytes ? size : 0;
}

size_t give_body(char* data, size_t, size_t size, void* context) {
  Exchange& exchange = *static_cast<Exchange*>(context);
  for (;;) {
    const auto offset = static_cast<off_t>(exchange.body_bytes);
    const ssize_t count = ::pread(body_descriptor, data, size, offset);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return CURL_READFUNC_ABORT;
    exchange.body_bytes += static_cast<size_t>(count);
    return static_cast<size_t>(count);
  }
}

int rewind_body(void* context, curl_off_t offset, int origin) {
  if (origin != SEEK_SET || offset < 0) return CURL_SEEKFUNC_FAIL;
  static_cast<Exchange*>(context)->body_bytes = uint64_t(offset);
  return CURL_SEEKFUNC_OK;
}

/// Other than 0 where nobody waits for the reply any more.
int look_for_reader(void*, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  pollfd reply{.fd = STDOUT_FILENO, .events = 0, .revents = 0};
  return ::poll(&reply, 1, 0) > 0 ? 1 : 0;
}

HeaderList headers_of(const TransferRequest& request) {
  HeaderList list;
  const auto add = [&](const char* header) {
    if (curl_slist* const longer = curl_slist_append(list.get(), header)) {
      (void)list.release();
      list.reset(longer);
    }
  };
  if (request.method == Method::put) add("Content-Type: application/octet-stream");
  for (const std::string& header : request.headers) add(header.c_str());
  return list;
}

void set_up_method(CURL* curl, const TransferRequest& request, Exchange& exchange) {
  switch (request.method) {
    case Method::get: break;
    case Method::remove: curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, "DELETE"); break;
    case Method::put:
      struct stat status = {};
      if (::fstat(body_descriptor, &status) != 0) exchange.has_write_failed = true;
      curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
      curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, curl_off_t{status.st_size});
      curl_easy_setopt(curl, CURLOPT_READFUNCTION, give_body);
      curl_easy_setopt(curl, CURLOPT_READDATA, &exchange);
      curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, rewind_body);
      curl_easy_setopt(curl, CURLOPT_SEEKDATA, &exchange);
      curl_easy_setopt(curl, CURLOPT_EXPECT_100_TIMEOUT_MS, 200L);
      break;
  }
}

void set_up(CURL* curl, const TransferRequest& request, Exchange& exchange) {
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "waxwing");
  curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, buffer_bytes);
  curl_easy_setopt(curl, CURLOPT_UPLOAD_BUFFERSIZE, buffer_bytes);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, slow_bytes_per_second);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, request.method == Method::put ? 10L : 2L);
  if (!request.user.empty()) {
    curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    curl_easy_setopt(curl, CURLOPT_USERNAME, request.user.c_str());
    curl_easy_setopt(curl, CURLOPT_PASSWORD, request.password.c_str());
  }
  if (!request.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, request.ca_file.c_str());
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &exchange);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &exchange);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look_for_reader);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, exchange.error);
  set_up_method(curl, request, exchange);
}

/// Scheme, host and port of `url`; empty where it is none.
std::string origin_of(const char* url) {
  const std::unique_ptr<CURLU, Deleter> parts(curl_url());
  if (!parts || curl_url_set(parts.get(), CURLUPART_URL, url, 0) != CURLUE_OK) return {};
  std::string origin;
  for (const CURLUPart part : {CURLUPART_SCHEME, CURLUPART_HOST, CURLUPART_PORT}) {
    char* text = nullptr;
    if (curl_url_get(parts.get(), part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) return {};
    origin.append(text).append("\n");
    curl_free(text);
  }
  return origin;
}

/// Whether to ask again elsewhere, and then `url` is where. Credentials never leave the host.
bool follow(CURL* curl, Method method, std::string& url, std::string& why_not) {
  const long status = status_of(curl);
  const bool keeps_method = status == 307 || status == 308;
  if (!keeps_method && (method != Method::get || (status != 301 && status != 302 && status != 303)))
    return false;
  char* target = nullptr;
  curl_easy_getinfo(curl, CURLINFO_REDIRECT_URL, &target);
  if (target == nullptr) return false;
  const std::string origin = origin_of(url.c_str());
  if (origin.empty() || origin_of(target) != origin) {
    why_not = ", and sends us to another host or port, where we do not go";
    return false;
  }
  url = target;
  return true;
}

TransferReply failed(CURLcode code, const Exchange& exchange) {
  if (exchange.is_too_large) {
    return {Outcome::too_large,
            "the answer has more than " + std::to_string(exchange.max_body_bytes) + " bytes"};
  }
  if (exchange.has_write_failed) return {Outcome::local_fault, "there is no memory for the entry"};
  const bool is_ours = code == CURLE_OUT_OF_MEMORY || code == CURLE_FAILED_INIT ||
                       code == CURLE_SSL_CACERT_BADFILE || code == CURLE_READ_ERROR;
  std::string cause = exchange.error[0] != '\0' ? exchange.error : curl_easy_strerror(code);
  return {is_ours ? Outcome::local_fault : Outcome::unreachable, std::move(cause)};
}

TransferReply answered(Method method, long status, const std::string& addition) {
  const bool is_missing = status == 404 || status == 410;
  bool is_done = false;
  switch (method) {
    case Method::get:
      if (is_missing) return {Outcome::missing, {}};
      is_done = status == 200;
      break;
    case Method::put:
      is_done = status == 200 || status == 201 || status == 202 || status == 204;
      break;
    case Method::remove:
      is_done = is_missing || status == 200 || status == 202 || status == 204;
      break;
  }
  if (is_done) return {Outcome::done, {}};
  std::string cause = "it answers " + std::string(remote::method_name(method)) + " with status " +
                      std::to_string(status) + addition;
  if (status == 401 || status == 403) cause += ": are user, password or header right?";
  if (status == 400 && method == Method::put) {
    cause += ": a bazel-remote wants /ac/ in the address and --disable_http_ac_validation";
  }
  if (status == 413) return {Outcome::too_large, std::move(cause)};
  const bool is_ill = status == 429 || (status >= 500 && status != 501);
  return {is_ill ? Outcome::failing : Outcome::refused, std::move(cause)};
}

using Clock = std::chrono::steady_clock;

/// What is left of `timeout_ms` since `start`, at least 1.
long left_ms(Clock::time_point start, uint64_t timeout_ms) {
  const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
  const uint64_t limit = std::min<uint64_t>(timeout_ms, 86'400'000);
  const auto passed_ms = static_cast<uint64_t>(passed.count());
  return passed_ms < limit ? static_cast<long>(limit - passed_ms) : 1;
}

TransferReply run(CURL* curl, const TransferRequest& request, Exchange& exchange) {
  const Clock::time_point start = Clock::now();
  std::string url = request.url;
  std::string addition;
  for (int redirects = 0;; ++redirects) {
    const long left = left_ms(start, request.timeout_ms);
    exchange.body_bytes = 0;
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, left);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
                     std::min(left, left_ms(start, request.connect_timeout_ms)));
    const CURLcode code = curl_easy_perform(curl);
    const bool is_cut = code == CURLE_WRITE_ERROR && status_of(curl) >= 300 &&
                        exchange.ignored_bytes > max_error_page_bytes;
    if (code != CURLE_OK && !is_cut) return failed(code, exchange);
    if (redirects == max_redirects && status_of(curl) / 100 == 3) addition = ", once too often";
    if (redirects == max_redirects || !follow(curl, request.method, url, addition)) {
      return answered(request.method, status_of(curl), addition);
    }
  }
}

}  // namespace

TransferReply transfer(const TransferRequest& request) {
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    return {Outcome::local_fault, "libcurl does not start"};
  }
  const Curl curl(curl_easy_init());
  const HeaderList headers = headers_of(request);
  if (!curl) return {Outcome::local_fault, "libcurl does not start"};
  Exchange exchange;
  exchange.curl = curl.get();
  exchange.max_body_bytes = request.max_body_bytes;
  set_up(curl.get(), request, exchange);
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
  if (exchange.has_write_failed) return {Outcome::local_fault, "there is nothing to send"};
  return run(curl.get(), request, exchange);
}

}  // namespace waxwing::http
