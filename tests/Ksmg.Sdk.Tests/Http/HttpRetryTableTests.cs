using System.Net;
using Ksmg.Sdk.Tests.Support;

namespace Ksmg.Sdk.Tests;

public sealed class HttpRetryTableTests
{
    [Fact]
    public void The_table_says_exactly_this()
    {
        var repeated = new HashSet<(CallSafety, CallOutcome)>
        {
            (CallSafety.Safe, CallOutcome.NotConnected),
            (CallSafety.Safe, CallOutcome.ConnectionLost),
            (CallSafety.Safe, CallOutcome.Unavailable),
            (CallSafety.IfNotSent, CallOutcome.NotConnected),
        };

        foreach (CallSafety safety in Enum.GetValues<CallSafety>())
        {
            foreach (CallOutcome outcome in Enum.GetValues<CallOutcome>())
            {
                Assert.True(repeated.Contains((safety, outcome)) == RetryTable.MayRepeat(safety, outcome), $"{safety}, {outcome}");
            }
        }
    }

    [Theory]
    [InlineData("get-about", HttpRequestError.ConnectionError, 3)]
    [InlineData("get-about", HttpRequestError.ResponseEnded, 3)]
    [InlineData("set-receiving", HttpRequestError.ConnectionError, 3)]
    [InlineData("set-receiving", HttpRequestError.SecureConnectionError, 3)]
    [InlineData("set-receiving", HttpRequestError.ResponseEnded, 1)]
    [InlineData("start-update", HttpRequestError.ConnectionError, 1)]
    [InlineData("start-update", HttpRequestError.ResponseEnded, 1)]
    public async Task A_call_is_sent_as_often_as_its_safety_allows(string call, HttpRequestError error, int attempts)
    {
        var node = new FakeNode().On(call, _ => throw new HttpRequestException(error, "gone"));

        KsmgApiException e = await Assert.ThrowsAnyAsync<KsmgApiException>(() => CallAsync(node.Connect(Hurried()), call));

        Assert.Equal(attempts, node.Count(call));
        Assert.Equal("gw1", e.Node);
        Assert.Equal(call, e.Operation);
        Assert.Equal(error != HttpRequestError.ResponseEnded, e.HadNoEffect);
    }

    [Theory]
    [InlineData(502, 3)]
    [InlineData(503, 3)]
    [InlineData(504, 3)]
    [InlineData(500, 1)]
    [InlineData(429, 1)]
    public async Task A_safe_call_is_repeated_while_the_node_is_not_available(int status, int attempts)
    {
        var node = new FakeNode().On("get-about", _ => FakeNode.Html(status));

        KsmgApiException e = await Assert.ThrowsAnyAsync<KsmgApiException>(() => node.Connect(Hurried()).Updates.GetAboutAsync());

        Assert.Equal(attempts, node.Count("get-about"));
        Assert.Equal((HttpStatusCode)status, e.Status);
        Assert.False(e.HadNoEffect);
    }

    [Fact]
    public async Task A_call_is_sent_again_only_after_a_pause_by_the_given_clock()
    {
        ManualTime time = new();
        FakeNode node = Unreachable();

        Task<AboutInfo> call = node.Connect(time).Updates.GetAboutAsync();
        await Eventually.TrueAsync(() => call.IsCompleted || time.Requested.Any(IsPause));

        Assert.Equal(1, node.Count("get-about"));
        await Eventually.AdvanceAsync(time, TimeSpan.FromMilliseconds(100), call);
        await Assert.ThrowsAsync<KsmgApiException>(() => call);
        Assert.Equal(3, node.Count("get-about"));
    }

    /// <summary>A node that comes back is not met by all who waited for it in one moment.</summary>
    [Fact]
    public async Task Those_who_were_cut_off_together_do_not_come_back_together()
    {
        ManualTime time = Hurried();
        KsmgNode gw1 = Unreachable().Connect(time);

        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Assert.ThrowsAsync<KsmgApiException>(() => gw1.Updates.GetAboutAsync())))
            .WaitAsync(Eventually.Limit);

        TimeSpan[] pauses = [.. time.Requested.Where(IsPause)];
        Assert.Equal(20, pauses.Length);
        Assert.True(pauses.Distinct().Count() > 10, string.Join(", ", pauses));
    }

    [Fact]
    public async Task Each_repetition_is_told_and_none_that_did_not_take_place()
    {
        using LogLines log = new();
        KsmgNode gw1 = Unreachable().Connect(Hurried(), log);

        await Assert.ThrowsAsync<KsmgApiException>(() => gw1.Updates.GetAboutAsync().WaitAsync(Eventually.Limit));

        Assert.Equal(2, log.Written.Count(l => l.Contains("gw1: get-about is sent again after NotConnected", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_repeated_call_has_a_fresh_request_and_the_same_body()
    {
        int calls = 0;
        var node = new FakeNode().On(
            "set-receiving",
            _ => ++calls < 3 ? throw new HttpRequestException(HttpRequestError.ConnectionError, "gone") : FakeNode.Data("""{"success":true}"""));

        await node.Connect(Hurried()).Queue.SetReceivingAsync(null, enabled: false);

        Assert.Equal(3, calls);
        Assert.All(
            node.Requests.Where(r => r.Path.EndsWith("set-receiving", StringComparison.Ordinal)),
            r => Assert.Equal("""{"node":"10.0.0.1:9045","enabled":false}""", r.Body));
    }

    [Fact]
    public async Task The_clock_of_a_call_covers_all_its_attempts()
    {
        var time = new ManualTime();
        var node = new FakeNode();
        node.On("get-about", _ =>
        {
            time.Advance(TimeSpan.FromSeconds(5));
            throw new HttpRequestException(HttpRequestError.ConnectionError, "gone");
        });

        Task<AboutInfo> call = node.Connect(time).Updates.GetAboutAsync();
        await Eventually.AdvanceAsync(time, TimeSpan.FromMilliseconds(100), call);

        KsmgApiException e = await Assert.ThrowsAsync<KsmgApiException>(() => call);
        Assert.IsType<TimeoutException>(e.InnerException);
        Assert.Equal(2, node.Count("get-about"));
    }

    [Fact]
    public async Task The_callers_cancellation_stays_a_cancellation()
    {
        using var cancel = new CancellationTokenSource();
        var node = new FakeNode();
        node.On("get-about", _ =>
        {
            cancel.Cancel();
            throw new OperationCanceledException(cancel.Token);
        });

        var e = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => node.Connect().Updates.GetAboutAsync(cancel.Token));

        Assert.Equal(cancel.Token, e.CancellationToken);
    }

    /// <summary>A clock by which no pause takes time.</summary>
    private static ManualTime Hurried() => new() { Skips = TimeSpan.FromSeconds(2) };

    /// <summary>Not a limit of a call or a login, which are of seconds.</summary>
    private static bool IsPause(TimeSpan time) => time > TimeSpan.Zero && time < TimeSpan.FromSeconds(2);

    private static FakeNode Unreachable() =>
        new FakeNode().On("get-about", _ => throw new HttpRequestException(HttpRequestError.ConnectionError, "gone"));

    internal static Task CallAsync(KsmgNode node, string call) => call switch
    {
        "get-about" => node.Updates.GetAboutAsync(),
        "set-receiving" => node.Queue.SetReceivingAsync(null, enabled: true),
        "start-update" => node.Updates.StartInstallAsync("u-1"),
        "assign-control-role" => node.Role.AssignControlAsync(),
        _ => throw new ArgumentOutOfRangeException(nameof(call)),
    };
}
