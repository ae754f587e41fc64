using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Support;

namespace Ksmg.Sdk.Tests.Configuration;

/// <summary>Secrets that a program prints. What it prints and what it is told stay out of every message.</summary>
public sealed class SecretSourceTests : IDisposable
{
    private const string Canary = "canary-5ecret-77a1";
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-secrets-");

    public void Dispose() => _folder.Delete(recursive: true);

    [ServerFact("sh")]
    public async Task A_program_is_asked_each_time_without_a_shell()
    {
        string vault = Path.Combine(_folder.FullName, "vault");
        SecretSource source = Of("sh", "-c", "cat \"$0\"", vault);
        Assert.Null(source.Mistake);
        await File.WriteAllTextAsync(vault, Canary + "\r\n");
        Assert.Equal(Canary, await source.ReadAsync(CancellationToken.None));
        await File.WriteAllTextAsync(vault, "$HOME 'two' words\n");
        Assert.Equal("$HOME 'two' words", await source.ReadAsync(CancellationToken.None));
    }

    [ServerTheory("sh")]
    [InlineData("echo canary-5ecret-77a1; echo canary-5ecret-77a1 >&2; exit 3", "exit code 3")]
    [InlineData("echo canary-5ecret-77a1; echo canary-5ecret-77a1", "a line break")]
    [InlineData("yes canary-5ecret-77a1", "more than 4096 bytes")]
    [InlineData("exit 0", "is empty")]
    [InlineData("printf 'canary-5ecret-77a1\\377'", "not in UTF-8")]
    public async Task What_is_no_secret_is_refused_without_repeating_it(string script, string why)
    {
        KsmgException e = await Assert.ThrowsAsync<KsmgException>(() => Of("sh", "-c", script).ReadAsync(CancellationToken.None));

        Assert.StartsWith("MailProbe: ImapPasswordCommand: ", e.Message, StringComparison.Ordinal);
        Assert.Contains(why, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Canary, e.ToString(), StringComparison.Ordinal);
    }

    [ServerFact("sh")]
    public async Task A_program_that_does_not_end_is_ended()
    {
        ManualTime time = new();
        Task<string> reading = Of("sh", "-c", "sleep 600 # " + Canary).ReadAsync(CancellationToken.None, time);
        await Eventually.AdvanceAsync(time, SecretSource.CommandLimit, reading.ContinueWith(_ => { }, TaskScheduler.Default));

        KsmgException e = await Assert.ThrowsAsync<KsmgException>(() => reading);
        Assert.Contains("was not done within", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Canary, e.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Mistakes_are_told_at_the_start()
    {
        Assert.Contains("ImapPasswordCommand is a program", Of("bin/vault").Mistake, StringComparison.Ordinal);
        Assert.Contains("ImapPasswordCommand is a program", Of("vault", "a\0b").Mistake, StringComparison.Ordinal);
        Assert.Contains("one of them", new SecretSource("MailProbe: ImapPassword", "pw", null, ["vault"]).Mistake, StringComparison.Ordinal);
        Assert.Null(Of("vault", "kv", "get").Mistake);
        Assert.Equal(1, new SmtpNotifierOptions { PasswordCommand = { "vault" } }.Password.Count);
        Assert.Equal(1, new WebhookOptions { SecretCommand = { "vault" } }.Secret.Count);
        Assert.Equal(1, new SmtpImapOptions { ImapPasswordCommand = { "vault" } }.ImapPassword.Count);
    }

    private static SecretSource Of(params string[] command) => new("MailProbe: ImapPassword", null, null, command);
}
