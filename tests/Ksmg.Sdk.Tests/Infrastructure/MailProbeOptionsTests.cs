using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Tests;

public sealed class MailProbeOptionsTests : IDisposable
{
    private static readonly string _pin = new('a', 64);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-probe-options-");

    public MailProbeOptionsTests() => File.WriteAllText(Path.Combine(_folder.FullName, "pw"), "secret");

    [Fact]
    public void Every_mistake_is_told_at_once()
    {
        string[] failures = [.. Assert.Throws<OptionsValidationException>(() => new SmtpImapMailProbe(
            new SmtpImapOptions
            {
                From = "nobody",
                To = "a@b\r\nQUIT",
                SmtpTls = (SmtpTls)7,
                SmtpFingerprints = { ["gw1"] = "abc" },
                SmtpRootsFile = Path.Combine(_folder.FullName, "none.pem"),
                SmtpTimeout = TimeSpan.FromSeconds(11),
                Imap = "imap",
                ImapPasswordFile = "a",
                ImapPasswordEnvironment = "B",
                ImapFingerprint = _pin,
                ImapRootsFile = "x",
                ImapFolder = "a\r\nb",
                ImapTimeout = TimeSpan.Zero,
                CleanUpAfter = TimeSpan.FromHours(1),
            },
            MockCluster.Of())).Failures];
        foreach (string option in (string[])[
            "From", "To", "SmtpTls", "SmtpFingerprints of node gw1", "SmtpRootsFile", "SmtpTimeout", "Imap '", "ImapUserName", "ImapPasswordFile or",
            "ImapFingerprint or", "ImapFolder", "ImapTimeout", "CleanUpAfter"])
        {
            Assert.Single(failures, f => f.StartsWith("MailProbe: " + option, StringComparison.Ordinal));
        }

        Assert.Contains("Maildir 'mail' is no absolute path", Assert.Throws<OptionsValidationException>(() => new SmtpMaildirMailProbe(
            new SmtpMaildirOptions { From = "a@b", To = "a@b", Maildir = "mail" }, MockCluster.Of())).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gw1:25", "gw1:25")]
    [InlineData("10.0.0.11:25", "10.0.0.11:25")]
    [InlineData("[::1]:25", "[::1]:25")]
    [InlineData("::1:25", null)]
    [InlineData("[10.0.0.11]:25", null)]
    [InlineData("gw1", null)]
    [InlineData("gw1:0", null)]
    [InlineData("gw1:99999", null)]
    [InlineData("gw 1:25", null)]
    [InlineData(":25", null)]
    [InlineData(null, null)]
    public void Servers_are_read(string? text, string? server) => Assert.Equal(server, HostPort.Parse(text)?.ToString());

    [Fact]
    public async Task A_password_comes_from_a_file_or_a_variable_and_is_read_each_time()
    {
        string path = Path.Combine(_folder.FullName, "pw");
        SecretSource file = new("MailProbe: ImapPassword", path, null, []);
        Assert.Null(file.Mistake);
        Assert.Equal("secret", await file.ReadAsync(default));
        await File.WriteAllTextAsync(path, "other\r\n");
        Assert.Equal("other", await file.ReadAsync(default));
        await File.WriteAllTextAsync(path, new string('x', 5000));
        Assert.Contains("larger than", (await Assert.ThrowsAsync<KsmgException>(() => file.ReadAsync(default))).Message, StringComparison.Ordinal);
        Assert.Contains("no file", new SecretSource("x: y", path + "x", null, []).Mistake, StringComparison.Ordinal);

        const string Variable = "KSMG_TEST_IMAP_PASSWORD";
        Environment.SetEnvironmentVariable(Variable, "from the environment");
        Assert.Equal("from the environment", await new SecretSource("x: y", null, Variable, []).ReadAsync(default));
        Environment.SetEnvironmentVariable(Variable, null);
        Assert.Contains(
            Variable,
            (await Assert.ThrowsAsync<KsmgException>(() => new SecretSource("x: y", null, Variable, []).ReadAsync(default))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Configuration_brings_the_probe_of_a_named_cluster()
    {
        using ServiceProvider imap = Services("Imap", []);
        Assert.IsType<SmtpImapMailProbe>(imap.GetRequiredKeyedService<IMailProbe>("eu"));
        SmtpImapOptions options = imap.GetRequiredService<IOptionsMonitor<SmtpImapOptions>>().Get("eu");
        Assert.Equal(Path.Combine(_folder.FullName, "pw"), options.ImapPasswordFile);
        Assert.Equal(TimeSpan.FromDays(7), options.CleanUpAfter);

        using ServiceProvider maildir = Services("Maildir", new() { ["Maildir"] = _folder.FullName });
        Assert.IsType<SmtpMaildirMailProbe>(maildir.GetRequiredKeyedService<IMailProbe>("eu"));
    }

    [Fact]
    public void Nodes_without_an_address_and_names_of_no_node_are_mistakes()
    {
        Assert.Contains("a node that the cluster does not have", Failure(new() { ["SmtpFingerprints:gw7"] = _pin }), StringComparison.Ordinal);
        Assert.Contains("set Smtp of each node", Failure([], smtp: null), StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private string Failure(Dictionary<string, string?> settings, string? smtp = "10.0.0.11:25")
    {
        using ServiceProvider provider = Services("Imap", settings, smtp);
        return Assert.Throws<OptionsValidationException>(() => provider.GetRequiredKeyedService<IMailProbe>("eu")).Message;
    }

    private ServiceProvider Services(string kind, Dictionary<string, string?> settings, string? smtp = "10.0.0.11:25")
    {
        Dictionary<string, string?> all = new(settings)
        {
            ["From"] = "probe@example.test",
            ["To"] = "probe@example.test",
        };
        if (kind == "Imap")
        {
            all["Imap"] = "imap.example.test:993";
            all["ImapUserName"] = "probe";
            all["ImapPasswordFile"] = "pw";
        }

        return AdapterServices.Of(
            "MailProbe",
            all,
            (ksmg, section) => kind == "Imap" ? ksmg.UseSmtpImapMailProbe(section) : ksmg.UseSmtpMaildirMailProbe(section),
            cluster => cluster.BasePath = _folder.FullName,
            smtp);
    }
}
