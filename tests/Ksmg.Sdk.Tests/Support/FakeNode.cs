using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>What arrived at a <see cref="FakeNode"/>.</summary>
internal sealed record FakeRequest(string Method, string Path, string Query, string Body, IReadOnlyDictionary<string, string> Headers);

/// <summary>A node without a socket: logs in like the product and answers what a test tells it to.</summary>
internal sealed class FakeNode : HttpMessageHandler
{
    public const string Password = "canary-Passw0rd-7f3a";

    private readonly ConcurrentDictionary<string, Func<FakeRequest, HttpResponseMessage>> _answers = new();
    private int _session;

    public ConcurrentQueue<FakeRequest> Requests { get; } = new();

    public int Logins => Volatile.Read(ref _session);

    /// <summary>The session that is valid; a request with another one is refused.</summary>
    public string? ValidSession { get; set; }

    public Func<HttpResponseMessage> WithoutSession { get; set; } = () => Json(401, """{"error":{"code":"unauthorized","message":"log in"}}""");

    public Func<FakeRequest, HttpResponseMessage>? Login { get; set; }

    /// <summary>Holds back every login until it is completed.</summary>
    public Task LoginGate { get; set; } = Task.CompletedTask;

    /// <summary>Holds back every refusal of a session until it is completed.</summary>
    public Task RefusalGate { get; set; } = Task.CompletedTask;

    public static HttpResponseMessage Json(int status, string json) =>
        new((HttpStatusCode)status) { Content = new StringContent(json, Encoding.UTF8, "application/json") };

    public static HttpResponseMessage Data(string json) => Json(200, $$"""{"data":{{json}}}""");

    public static HttpResponseMessage Html(int status = 200) =>
        new((HttpStatusCode)status) { Content = new StringContent("<!DOCTYPE html><html><form id=login></form></html>", Encoding.UTF8, "text/html") };

    /// <summary>Looks at every request before it is answered.</summary>
    public Action<HttpRequestMessage>? Seen { get; init; }

    public FakeNode On(string call, Func<FakeRequest, HttpResponseMessage> answer)
    {
        _answers["/web/api/" + call] = answer;
        return this;
    }

    public FakeNode On(string call, string data) => On(call, _ => Data(data));

    public int Count(string call) => Requests.Count(r => r.Path == "/web/api/" + call);

    public FakeRequest Last(string call) => Requests.Last(r => r.Path == "/web/api/" + call);

    public static KsmgOptions Options(params string[] nodes)
    {
        var options = new KsmgOptions { Credentials = new KsmgCredentials("Administrator", _ => ValueTask.FromResult(Password)) };
        for (int i = 0; i < nodes.Length; i++)
        {
            options.Nodes.Add(nodes[i], new Uri($"https://{nodes[i]}.test"), clusterAddress: $"10.0.0.{i + 1}:9045");
        }

        return options;
    }

    public KsmgNode Connect(TimeProvider? time = null, ILoggerFactory? loggers = null, Action<KsmgOptions>? configure = null)
    {
        KsmgOptions options = Options("gw1");
        configure?.Invoke(options);
        return Connect(options, new Dictionary<string, FakeNode> { ["gw1"] = this }, time, loggers)["gw1"];
    }

    public static KsmgCluster Connect(
        KsmgOptions options, IReadOnlyDictionary<string, FakeNode> nodes, TimeProvider? time = null, ILoggerFactory? loggers = null) =>
        new(options, n => new HttpClient(nodes[n.Name!], disposeHandler: false), loggers ?? NullLoggerFactory.Instance, time ?? TimeProvider.System);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Seen?.Invoke(request);
        string body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
        var seen = new FakeRequest(
            request.Method.Method,
            request.RequestUri!.AbsolutePath,
            request.RequestUri.Query,
            body,
            request.Headers.ToDictionary(h => h.Key, h => string.Join(",", h.Value), StringComparer.OrdinalIgnoreCase));
        Requests.Enqueue(seen);
        if (seen.Path == "/web/api/get-auth-info")
        {
            if (_answers.TryGetValue(seen.Path, out Func<FakeRequest, HttpResponseMessage>? own))
            {
                return own(seen);
            }

            HttpResponseMessage info = Data("{}");
            info.Headers.Add("Set-Cookie", "gw-XSRF-TOKEN=canary-token-55d1; path=/; secure");
            return info;
        }

        if (seen.Path == "/web/api/user-login")
        {
            await LoginGate.WaitAsync(cancellationToken);
            string session = $"canary-session-{Interlocked.Increment(ref _session)}";
            if (Login is not null)
            {
                return Login(seen);
            }

            ValidSession = session;
            HttpResponseMessage login = Data("""{"success":true}""");
            login.Headers.Add("Set-Cookie", $"SID={session}; HttpOnly");
            return login;
        }

        if (ValidSession is null || !seen.Headers.TryGetValue("Cookie", out string? cookie) || !cookie.Split("; ").Contains("SID=" + ValidSession))
        {
            await RefusalGate.WaitAsync(cancellationToken);
            return WithoutSession();
        }

        return _answers.TryGetValue(seen.Path, out Func<FakeRequest, HttpResponseMessage>? answer)
            ? answer(seen)
            : Json(404, """{"error":{"code":"notFound","message":"no such call"}}""");
    }
}
