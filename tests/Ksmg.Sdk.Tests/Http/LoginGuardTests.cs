using System.Net;
using Ksmg.Sdk.Http;
using Ksmg.Sdk.Tests.Support;

namespace Ksmg.Sdk.Tests;

/// <summary>What a cluster remembers of its logins, rule by rule.</summary>
public sealed class LoginGuardTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly LoginGuard _guard;

    public LoginGuardTests() => _guard = new LoginGuard(_time);

    public void Dispose() => _guard.Dispose();

    [Fact]
    public void Who_was_never_refused_is_not_wary()
    {
        Assert.False(_guard.IsWary);
        _guard.Accept("gw1", "a");
        Assert.False(_guard.IsWary);
        Refuse("gw1", "a");
        Assert.True(_guard.IsWary);
    }

    [Fact]
    public void Each_lock_out_in_a_row_rests_twice_as_long_up_to_an_hour()
    {
        foreach (int seconds in (int[])[900, 1800, 3600, 3600])
        {
            Assert.EndsWith($"for {seconds} s", Refuse("gw1", "a", LoginRefusal.LockedOut), StringComparison.Ordinal);
            _time.Advance(TimeSpan.FromSeconds(seconds - 1));
            Assert.EndsWith("for 1 s", _guard.CheckLockOut("gw2")!.Detail, StringComparison.Ordinal);
            _time.Advance(TimeSpan.FromSeconds(1));
            Assert.Null(_guard.CheckLockOut("gw2"));
        }

        _guard.Accept("gw1", "a");
        Assert.EndsWith("for 900 s", Refuse("gw1", "a", LoginRefusal.LockedOut), StringComparison.Ordinal);
    }

    [Fact]
    public void The_second_refusal_is_the_last_login_with_this_password()
    {
        string first = Refuse("gw1", "a");
        _time.Advance(LoginGuard.CoolDown);
        Assert.Null(_guard.Check("gw1", "a"));
        string second = Refuse("gw1", "a");
        _time.Advance(TimeSpan.FromDays(1));

        Assert.Contains("for 600 s", first, StringComparison.Ordinal);
        Assert.DoesNotContain("600 s", second, StringComparison.Ordinal);
        Assert.NotNull(_guard.Check("gw1", "a"));
    }

    [Fact]
    public void A_refusal_is_forgotten_when_the_node_accepts_the_password_after_all()
    {
        Refuse("gw1", "a");
        Refuse("gw2", "a");

        _guard.Accept("gw1", "a");

        Assert.Contains("for 600 s", Refuse("gw1", "a"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_refusal_is_not_forgotten_when_another_node_accepts_the_password()
    {
        Refuse("gw1", "a");
        _guard.Accept("gw2", "a");
        _time.Advance(LoginGuard.CoolDown);
        Refuse("gw1", "a");
        _time.Advance(TimeSpan.FromDays(1));

        Assert.NotNull(_guard.Check("gw1", "a"));
        Assert.Null(_guard.Check("gw2", "a"));
    }

    [Fact]
    public void A_node_is_told_its_own_refusal_as_it_was_and_that_of_another_one_by_name()
    {
        Refuse("gw1", "a");

        CallResult own = _guard.Check("gw1", "a")!;
        CallResult other = _guard.Check("gw2", "a")!;

        Assert.Equal(("gw1", HttpStatusCode.Forbidden), (own.Node, own.Status));
        Assert.StartsWith("no; ", own.Detail, StringComparison.Ordinal);
        Assert.Equal(("gw2", (HttpStatusCode?)null), (other.Node, other.Status));
        Assert.Contains("gw1", other.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_several_refusals_others_are_told_the_last()
    {
        Refuse("gw1", "a");
        _time.Advance(TimeSpan.FromMinutes(1));
        Refuse("gw2", "a");

        Assert.Contains("gw2", _guard.Check("gw3", "a")!.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Who_accepted_the_password_before_did_not_accept_the_one_of_now()
    {
        _guard.Accept("gw1", "a");
        Refuse("gw2", "b");

        Assert.NotNull(_guard.Check("gw1", "b"));
    }

    [Fact]
    public async Task A_password_that_nobody_accepted_is_tried_by_one_at_a_time_and_not_for_ever()
    {
        _guard.Accept("gw1", "a");
        Refuse("gw2", "b");
        IDisposable first = await Enter("b");
        Task<IDisposable> second = Enter("b");
        Assert.False(second.IsCompleted);

        _time.Advance(TimeSpan.FromSeconds(4));
        (await second.WaitAsync(Eventually.Limit)).Dispose();
        Task<IDisposable> third = Enter("b");
        Assert.False(third.IsCompleted);

        first.Dispose();
        first.Dispose();
        await third.WaitAsync(Eventually.Limit);
        Assert.False(Enter("b").IsCompleted);
    }

    [Fact]
    public async Task A_password_that_one_node_accepted_is_tried_by_all_at_once()
    {
        IDisposable unproven = await Enter("a");
        Assert.False(Enter("a").IsCompleted);

        _guard.Accept("gw1", "a");

        Assert.True(Enter("a").IsCompleted);
        Assert.False(Enter("b").IsCompleted);
        unproven.Dispose();
    }

    private Task<IDisposable> Enter(string credentials) => _guard.EnterAsync(credentials, TimeSpan.FromSeconds(4), CancellationToken.None);

    /// <summary>What is told of a refusal.</summary>
    private string Refuse(string node, string credentials, LoginRefusal refusal = LoginRefusal.WrongCredentials) =>
        _guard.Refuse(node, credentials, new CallResult
        {
            Node = node,
            Operation = OperationNames.UserLogin,
            Outcome = CallOutcome.LoginRefused,
            Refusal = refusal,
            Status = HttpStatusCode.Forbidden,
            Detail = "no",
        }).Detail;
}
