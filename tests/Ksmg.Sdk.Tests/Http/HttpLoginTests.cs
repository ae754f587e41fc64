using Ksmg.Sdk.Http;
using Ksmg.Sdk.Tests.Support;

namespace Ksmg.Sdk.Tests;

/// <summary>Logins are spent with care: of a whole cluster, by the words of the product, on the monotonic clock.</summary>
public sealed class HttpLoginTests
{
    private const string Wrong = """{"error":{"code":"AuthFailed","message":"Authentication failed"}}""";

    private readonly Dictionary<string, FakeNode> _nodes = new(StringComparer.Ordinal)
    {
        ["gw1"] = new FakeNode().On("get-about", """{"version":"2.1"}"""),
        ["gw2"] = new FakeNode().On("get-about", """{"version":"2.1"}"""),
        ["gw3"] = new FakeNode().On("get-about", """{"version":"2.1"}"""),
    };

    private readonly SteppedTime _time = new();
    private string? _password = FakeNode.Password;

    private int Logins => _nodes.Values.Sum(n => n.Logins);

    [Fact]
    public async Task A_wrong_password_is_sent_to_one_node_once()
    {
        Refuse(Wrong);
        using KsmgCluster cluster = Connect();

        foreach (int _ in Enumerable.Range(0, 5))
        {
            Exception?[] faults = await AskAllAsync(cluster);
            Assert.All(faults, e => Assert.Equal(LoginRefusal.WrongCredentials, Assert.IsType<KsmgAuthenticationException>(e).Reason));
            Assert.All(faults, e => Assert.Contains("refuses the login", e!.Message, StringComparison.Ordinal));
            Assert.All(cluster.Nodes.Zip(faults), pair => Assert.StartsWith(pair.First.Name + ": ", pair.Second!.Message, StringComparison.Ordinal));
        }

        Assert.Equal(1, Logins);
        _time.Advance(LoginGuard.CoolDown);
        await AskAllAsync(cluster);
        Assert.Equal(2, Logins);
        _time.Advance(TimeSpan.FromDays(2));
        await AskAllAsync(cluster);
        Assert.Equal(2, Logins);
    }

    [Fact]
    public async Task Another_password_is_a_new_try()
    {
        Refuse(Wrong);
        using KsmgCluster cluster = Connect();
        await AskAllAsync(cluster);

        _password = "another-canary-1";
        await AskAllAsync(cluster);
        Assert.Equal(2, Logins);

        _password = "canary-that-is-right";
        foreach (FakeNode node in _nodes.Values)
        {
            node.Login = null;
        }

        Assert.All(await AskAllAsync(cluster), Assert.Null);
        Assert.Equal(5, Logins);
    }

    /// <summary>A vault that hangs once: while all is well, and after a refusal, when the password is asked for before anything is sent.</summary>
    [Theory]
    [InlineData(false, true)]
    [InlineData(true, true)]
    [InlineData(true, false)]
    public async Task A_password_that_does_not_come_ends_with_the_login_and_is_asked_for_again(bool wasRefused, bool heedsToken)
    {
        bool hangs = !wasRefused;
        using KsmgCluster cluster = Connect(new KsmgCredentials("Administrator", async token =>
        {
            await Task.Delay(hangs ? Timeout.InfiniteTimeSpan : TimeSpan.Zero, heedsToken ? token : CancellationToken.None);
            return _password!;
        }));
        if (wasRefused)
        {
            Refuse(Wrong);
            await Assert.ThrowsAsync<KsmgAuthenticationException>(() => cluster["gw1"].Updates.GetAboutAsync());
            _nodes["gw1"].Login = null;
            (_password, hangs) = ("canary-that-is-right", true);
        }

        int limits = _time.Waits(TimeSpan.FromSeconds(8));
        Task<AboutInfo> hanging = cluster["gw1"].Updates.GetAboutAsync();
        await Eventually.TrueAsync(() => _time.Waits(TimeSpan.FromSeconds(8)) == limits + 2);
        _time.Advance(TimeSpan.FromSeconds(8));
        KsmgApiException e = await Assert.ThrowsAsync<KsmgApiException>(() => hanging.WaitAsync(Eventually.Limit));
        Assert.IsType<TimeoutException>(e.InnerException);

        hangs = false;
        Assert.Equal("2.1", (await cluster["gw1"].Updates.GetAboutAsync().WaitAsync(Eventually.Limit)).Version);
    }

    [Fact]
    public async Task A_node_that_hangs_in_its_login_does_not_take_the_others_with_it()
    {
        TaskCompletionSource gate = new();
        _nodes["gw1"].LoginGate = gate.Task;
        using KsmgCluster cluster = Connect();
        Task<AboutInfo> hanging = cluster["gw1"].Updates.GetAboutAsync();
        await Eventually.TrueAsync(() => _nodes["gw1"].Count("user-login") == 1);
        Task<AboutInfo> other = cluster["gw2"].Updates.GetAboutAsync();
        await Eventually.TrueAsync(() => _nodes["gw2"].Count("get-auth-info") == 1 && _time.Waits(TimeSpan.FromSeconds(4)) == 2);
        Assert.Equal(0, _nodes["gw2"].Logins);

        _time.Advance(TimeSpan.FromSeconds(4));

        Assert.Equal("2.1", (await other.WaitAsync(Eventually.Limit)).Version);
        gate.SetResult();
        await hanging.WaitAsync(Eventually.Limit);
    }

    [Fact]
    public async Task A_node_that_refuses_what_the_others_accepted_concerns_itself_alone()
    {
        _nodes["gw2"].Login = _ => FakeNode.Json(200, Wrong);
        using KsmgCluster cluster = Connect();
        await cluster["gw1"].Updates.GetAboutAsync();
        await cluster["gw3"].Updates.GetAboutAsync();
        await Assert.ThrowsAsync<KsmgAuthenticationException>(() => cluster["gw2"].Updates.GetAboutAsync());

        cluster["gw1"].ResetSession();
        await cluster["gw1"].Updates.GetAboutAsync();

        await Assert.ThrowsAsync<KsmgAuthenticationException>(() => cluster["gw2"].Updates.GetAboutAsync());
        Assert.Equal(1, _nodes["gw2"].Logins);
    }

    [Fact]
    public async Task A_password_that_was_changed_meanwhile_is_refused_once()
    {
        using KsmgCluster cluster = Connect();
        Assert.All(await AskAllAsync(cluster), Assert.Null);
        Refuse(Wrong);
        foreach (KsmgNode node in cluster.Nodes)
        {
            node.ResetSession();
        }

        foreach (KsmgNode node in cluster.Nodes)
        {
            await Assert.ThrowsAsync<KsmgAuthenticationException>(() => node.Updates.GetAboutAsync());
        }

        Assert.Equal(4, Logins);
    }

    public static TheoryData<int, string, LoginRefusal> Words => new()
    {
        { 200, Wrong, LoginRefusal.WrongCredentials },
        { 200, """{"error":{"code":"LoginAttemptsExceed"}}""", LoginRefusal.LockedOut },
        { 200, """{"error":{"code":"LOGIN_ATTEMPTS_EXCEED"}}""", LoginRefusal.LockedOut },
        { 200, """{"error":"Login attempts exceeded"}""", LoginRefusal.LockedOut },
        { 403, "Error: login attempts exceeded.", LoginRefusal.LockedOut },
        { 200, """{"error":{"code":"Unknown","message":"Login attempts exceeded"}}""", LoginRefusal.LockedOut },
        { 429, "", LoginRefusal.LockedOut },
        { 423, "<html>locked</html>", LoginRefusal.LockedOut },
        { 500, Wrong, LoginRefusal.WrongCredentials },
        { 503, """{"error":{"code":"LoginAttemptsExceed"}}""", LoginRefusal.LockedOut },
        { 200, """{"error":{"code":"invalidCredentials"}}""", LoginRefusal.WrongCredentials },
        { 200, """{"error":{"code":"badCredentials"}}""", LoginRefusal.WrongCredentials },
        { 200, """{"error":"auth failed"}""", LoginRefusal.WrongCredentials },
        { 200, """{"error":{"code":"LoginAttemptsExceeded"}}""", LoginRefusal.LockedOut },
        { 200, """{"error":{"code":"tooManyAttempts"}}""", LoginRefusal.LockedOut },
        { 200, """{"error":{"code":"\u0041ccountLocked"}}""", LoginRefusal.LockedOut },
        { 200, """{"error":{"code":"LoginAttemptsE\u0078ceed"}}""", LoginRefusal.LockedOut },
        { 200, """{"error":"Too many failed attempts"}""", LoginRefusal.LockedOut },
        { 200, """{"error":{"code":"locked"}}""", LoginRefusal.LockedOut },
        { 200, """{"error":{"code":"accountLocked"}}""", LoginRefusal.LockedOut },
        { 200, """{"error":"The account is locked"}""", LoginRefusal.LockedOut },
        { 200, """{"error":"No attempt was made"}""", LoginRefusal.Unknown },
        { 200, """{"error":"The quota is exceeded"}""", LoginRefusal.Unknown },
        { 200, """{"error":"Too many sessions"}""", LoginRefusal.Unknown },
        { 200, """{"error":"No such account"}""", LoginRefusal.Unknown },
        { 200, """{"error":"The database is locked"}""", LoginRefusal.Unknown },
        { 200, """{"error":"NTLM servers refuse"}""", LoginRefusal.Unknown },
        { 200, """{"error":"Not available"}""", LoginRefusal.Unknown },
        { 200, """{"error":"The license expired"}""", LoginRefusal.Unknown },
        { 200, """{"error":"No password"}""", LoginRefusal.Unknown },
        { 200, """{"error":"You should change the name"}""", LoginRefusal.Unknown },
        { 200, """{"error":"You must change the name"}""", LoginRefusal.Unknown },
        { 200, """{"error":{"code":"shouldChangePassword"}}""", LoginRefusal.PasswordReset },
        { 200, """{"error":"You must change your password"}""", LoginRefusal.PasswordReset },
        { 200, """{"error":"password-reset"}""", LoginRefusal.PasswordReset },
        { 200, """{"error":{"code":"AuthFailed","message":"Login attempts exceeded"}}""", LoginRefusal.WrongCredentials },
        { 200, """{"error":{"code":"PasswordExpired","message":"Login attempts exceeded"}}""", LoginRefusal.PasswordExpired },
        { 200, """{"error":{"code":"PasswordReset","message":"Login attempts exceeded"}}""", LoginRefusal.PasswordReset },
        { 200, """{"error":{"code":"ShouldChangePassword","message":"Login attempts exceeded"}}""", LoginRefusal.PasswordReset },
        { 200, """{"error":{"code":"NTLMServersNotAvailable","message":"Login attempts exceeded"}}""", LoginRefusal.DirectoryUnavailable },
        { 403, "<html>error: the password has expired</html>", LoginRefusal.Unknown },
        { 400, "login error", LoginRefusal.Unknown },
        { 200, """{"error":{"code":"PasswordExpired"}}""", LoginRefusal.PasswordExpired },
        { 200, """{"error":{"code":"x","message":"Your password has expired"}}""", LoginRefusal.PasswordExpired },
        { 200, """{"error":{"code":"PasswordReset"}}""", LoginRefusal.PasswordReset },
        { 200, """{"error":{"message":"Should change password"}}""", LoginRefusal.PasswordReset },
        { 200, """{"error":{"code":"NTLMServersNotAvailable"}}""", LoginRefusal.DirectoryUnavailable },
        { 401, """{"error":{"message":"NTLM servers are not available"}}""", LoginRefusal.DirectoryUnavailable },
        { 200, """{"error":{"code":"Unknown","message":"Anmeldung fehlgeschlagen"}}""", LoginRefusal.Unknown },
        { 200, """{"error":{"message":"Ошибка входа"}}""", LoginRefusal.Unknown },
    };

    [Theory]
    [MemberData(nameof(Words))]
    public async Task A_refusal_is_known_by_the_words_of_the_product(int status, string answer, LoginRefusal reason)
    {
        Refuse(answer, status);
        using KsmgCluster cluster = Connect();

        var e = Assert.IsAssignableFrom<KsmgAuthenticationException>(await Record.ExceptionAsync(() => cluster["gw1"].Updates.GetAboutAsync()));

        Assert.Equal(reason, e.Reason);
        Assert.Equal(reason == LoginRefusal.PasswordExpired, e is KsmgPasswordExpiredException);
        Assert.Contains("refuses the login", e.Message, StringComparison.Ordinal);
        Assert.True(e.HadNoEffect);
        Assert.DoesNotContain(e.Message, c => c is '<' or '{');
        foreach (string word in (string[])["Anmeldung fehlgeschlagen", "Ошибка входа", "attempts exceeded"])
        {
            Assert.Equal(answer.Contains(word, StringComparison.Ordinal), e.Message.Contains(word, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task After_a_lock_out_nobody_logs_in_anywhere_for_the_stated_time()
    {
        _nodes["gw1"].Login = _ => FakeNode.Json(200, """{"error":{"code":"LoginAttemptsExceed","message":"Login attempts exceeded"}}""");
        using KsmgCluster cluster = Connect();
        var first = await Assert.ThrowsAsync<KsmgAuthenticationException>(() => cluster["gw1"].Updates.GetAboutAsync());
        Assert.Contains("no login to any node of the cluster for 900 s", first.Message, StringComparison.Ordinal);
        int requests = _nodes.Values.Sum(n => n.Requests.Count);

        _password = "another-canary-2";
        Exception?[] faults = await AskAllAsync(cluster);

        Assert.All(faults, e => Assert.Equal(LoginRefusal.LockedOut, Assert.IsType<KsmgAuthenticationException>(e).Reason));
        Assert.Equal(requests, _nodes.Values.Sum(n => n.Requests.Count));
        _nodes["gw1"].Login = null;
        _time.Advance(LoginGuard.LockOutRest);
        Assert.All(await AskAllAsync(cluster), Assert.Null);
    }

    [Theory]
    [InlineData(Wrong, "; correct Credentials; not tried again for 600 s", "not tried again for 600 s")]
    [InlineData("""{"error":{"code":"locked"}}""", "no login to any node of the cluster for 900 s", "no login to any node of the cluster for 900 s")]
    public async Task Whoever_waited_for_his_turn_when_it_was_refused_does_not_log_in(string answer, string first, string second)
    {
        Refuse(answer);
        TaskCompletionSource gate = new();
        _nodes["gw1"].LoginGate = gate.Task;
        using KsmgCluster cluster = Connect();
        Task<Exception?> refused = Record.ExceptionAsync(() => cluster["gw1"].Updates.GetAboutAsync());
        await Eventually.TrueAsync(() => _nodes["gw1"].Count("user-login") == 1);
        Task<Exception?> waiting = Record.ExceptionAsync(() => cluster["gw2"].Updates.GetAboutAsync());
        await Eventually.TrueAsync(() => _nodes["gw2"].Count("get-auth-info") == 1 && _time.Waits(TimeSpan.FromSeconds(4)) == 2);

        gate.SetResult();

        Assert.Contains(first, (await refused.WaitAsync(Eventually.Limit))!.Message, StringComparison.Ordinal);
        Assert.Contains(second, (await waiting.WaitAsync(Eventually.Limit))!.Message, StringComparison.Ordinal);
        Assert.Equal(1, Logins);
    }

    [Fact]
    public async Task After_a_refusal_a_password_that_cannot_be_one_asks_no_node()
    {
        Refuse(Wrong);
        using KsmgCluster cluster = Connect();
        await AskAllAsync(cluster);
        int requests = _nodes.Values.Sum(n => n.Requests.Count);

        _password = "";
        var e = await Assert.ThrowsAsync<KsmgAuthenticationException>(() => cluster["gw1"].Updates.GetAboutAsync());

        Assert.Equal(LoginRefusal.NoPassword, e.Reason);
        Assert.True(e.HadNoEffect);
        Assert.Equal(requests, _nodes.Values.Sum(n => n.Requests.Count));
    }

    [Theory]
    [InlineData(300, "error")]
    [InlineData(404, "nothing here")]
    [InlineData(503, "login error")]
    public async Task An_answer_that_says_nothing_of_the_login_is_no_refusal(int status, string answer)
    {
        Refuse(answer, status);
        using KsmgCluster cluster = Connect();

        Exception? fault = await Record.ExceptionAsync(() => cluster["gw1"].Updates.GetAboutAsync());

        Assert.IsAssignableFrom<KsmgException>(fault);
        Assert.IsNotType<KsmgAuthenticationException>(fault);
    }

    [Fact]
    public async Task A_node_without_its_domain_controllers_keeps_no_other_from_logging_in()
    {
        _nodes["gw1"].Login = _ => FakeNode.Json(200, """{"error":{"code":"NTLMServersNotAvailable"}}""");
        using KsmgCluster cluster = Connect();

        Exception?[] faults = await AskAllAsync(cluster);
        await AskAllAsync(cluster);

        Assert.Equal(LoginRefusal.DirectoryUnavailable, Assert.IsType<KsmgAuthenticationException>(faults[0]).Reason);
        Assert.Null(faults[1]);
        Assert.Equal(1, _nodes["gw1"].Logins);
    }

    [Theory]
    [InlineData(-3)]
    [InlineData(3)]
    public async Task The_stated_time_is_that_of_a_clock_that_is_not_set(int hours)
    {
        Refuse(Wrong);
        using KsmgCluster cluster = Connect();
        await AskAllAsync(cluster);

        _time.Step(TimeSpan.FromHours(hours));
        var e = await Assert.ThrowsAsync<KsmgAuthenticationException>(() => cluster["gw1"].Updates.GetAboutAsync());

        Assert.Contains("not tried again for 600 s", e.Message, StringComparison.Ordinal);
        Assert.Equal(1, Logins);
        _time.Advance(LoginGuard.CoolDown);
        await AskAllAsync(cluster);
        Assert.Equal(2, Logins);
    }

    [ServerFact("sh")]
    public async Task A_program_prints_the_password_of_a_login()
    {
        using KsmgCluster cluster = Connect(new KsmgCredentials { UserName = "Administrator", PasswordCommand = { "sh", "-c", "echo from-the-vault" } });

        await cluster["gw1"].Updates.GetAboutAsync();

        Assert.Contains("\"from-the-vault\"", _nodes["gw1"].Last("user-login").Body, StringComparison.Ordinal);
    }

    public static TheoryData<string, byte[], string?> PasswordFiles => new()
    {
        { "utf-8", "пароль-Müller 1\r\n"u8.ToArray(), "пароль-Müller 1" },
        { "byte-order mark", [0xEF, 0xBB, 0xBF, .. "secret"u8, (byte)'\n'], "secret" },
        { "windows-1251", [0xEF, 0xE0, 0xF0, 0xEE, 0xEB, 0xFC], null },
        { "latin-1", [(byte)'M', 0xFC, (byte)'l'], null },
        { "utf-16", [0xFF, 0xFE, (byte)'a', 0, (byte)'b', 0], null },
        { "utf-16 big", [0xFE, 0xFF, 0, (byte)'a', 0, (byte)'b'], null },
        { "utf-16 without a mark", [(byte)'a', 0, (byte)'b', 0], null },
        { "empty", [], null },
        { "line ends", "\r\n\r\n"u8.ToArray(), null },
        { "spaces", "   \n"u8.ToArray(), null },
        { "two lines", "first\nsecond\n"u8.ToArray(), null },
        { "replacement", "a\uFFFD\uFFFDb"u8.ToArray(), null },
        { "zero width", "abc\u200B"u8.ToArray(), null },
        { "no-break space", "abc\u00A0def"u8.ToArray(), null },
        { "escape", "abc\u001B[D"u8.ToArray(), null },
        { "two marks", [0xEF, 0xBB, 0xBF, 0xEF, 0xBB, 0xBF, .. "secret"u8], null },
    };

    [Theory]
    [MemberData(nameof(PasswordFiles))]
    public async Task A_password_file_that_holds_none_is_refused_by_name_before_a_login_is_spent(string way, byte[] content, string? password)
    {
        string file = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(file, content);
            using KsmgCluster cluster = Connect(new KsmgCredentials { UserName = "Administrator", PasswordFile = file });

            Exception? fault = await Record.ExceptionAsync(() => cluster["gw1"].Updates.GetAboutAsync());

            if (password is null)
            {
                var e = Assert.IsType<KsmgAuthenticationException>(fault);
                Assert.Equal(LoginRefusal.NoPassword, e.Reason);
                Assert.Contains(file, e.Message, StringComparison.Ordinal);
                Assert.Equal(0, _nodes["gw1"].Count("user-login"));
            }
            else
            {
                Assert.True(fault is null, $"{way}: {fault}");
                Assert.Equal(
                    password, System.Text.Json.JsonDocument.Parse(_nodes["gw1"].Last("user-login").Body).RootElement.GetProperty("password").GetString());
            }
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("\u0004")]
    [InlineData("abc\uD800")]
    public async Task A_password_that_cannot_be_one_is_not_sent_whoever_gives_it(string? password)
    {
        _password = password;
        using KsmgCluster cluster = Connect();

        var e = await Assert.ThrowsAsync<KsmgAuthenticationException>(() => cluster["gw1"].Updates.GetAboutAsync());

        Assert.Equal(LoginRefusal.NoPassword, e.Reason);
        Assert.Contains("delegate", e.Message, StringComparison.Ordinal);
        Assert.Equal(0, Logins);
    }

    private static async Task<Exception?[]> AskAllAsync(KsmgCluster cluster) =>
        await Task.WhenAll(cluster.Nodes.Select(n => Record.ExceptionAsync(() => n.Updates.GetAboutAsync().WaitAsync(Eventually.Limit))));

    private void Refuse(string answer, int status = 200)
    {
        foreach (FakeNode node in _nodes.Values)
        {
            node.Login = _ => FakeNode.Json(status, answer);
        }
    }

    private KsmgCluster Connect(KsmgCredentials? credentials = null)
    {
        KsmgOptions options = FakeNode.Options([.. _nodes.Keys]);
        options.Credentials = credentials ?? new KsmgCredentials("Administrator", _ => ValueTask.FromResult(_password!));
        return FakeNode.Connect(options, _nodes, _time);
    }

    /// <summary>A clock whose wall time can be set while its monotonic time goes on.</summary>
    private sealed class SteppedTime : TimeProvider
    {
        private readonly ManualTime _inner = new();
        private TimeSpan _step;

        public override long TimestampFrequency => _inner.TimestampFrequency;

        public int Waits(TimeSpan time) => _inner.Requested.Count(t => t == time);

        public void Step(TimeSpan by) => _step += by;

        public void Advance(TimeSpan by) => _inner.Advance(by);

        public override DateTimeOffset GetUtcNow() => _inner.GetUtcNow() + _step;

        public override long GetTimestamp() => _inner.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            _inner.CreateTimer(callback, state, dueTime, period);
    }
}
