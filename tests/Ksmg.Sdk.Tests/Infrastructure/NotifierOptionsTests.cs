using Ksmg.Cli;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Tests;

public sealed class NotifierOptionsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-notifier-options-");

    public NotifierOptionsTests() => Write("secret", "0123456789abcdef");

    [Fact]
    public void Every_mistake_of_a_webhook_is_told_at_once_without_its_address()
    {
        string message = Assert.Throws<OptionsValidationException>(() => new WebhookNotifier(new WebhookOptions
        {
            Url = new Uri("http://hooks.example.test/token-in-the-path"),
            Fingerprint = "abc",
            Timeout = TimeSpan.FromMinutes(2),
        })).Message;
        foreach (string says in (string[])["Url", "SecretFile or", "Fingerprint or", "Timeout"])
        {
            Assert.Contains("Notifications: " + says, message, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("token-in-the-path", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_mistake_of_a_mail_notifier_is_told_at_once()
    {
        string message = Failure(_ => { });
        foreach (string says in (string[])["Relay", "To has no recipient", "'' in From or To"])
        {
            Assert.Contains("Notifications: " + says, message, StringComparison.Ordinal);
        }

        Assert.Contains("'a@b\nc' in From or To", Failure(o => o.To.Add("a@b\nc")), StringComparison.Ordinal);
        Assert.Contains("needs Tls 'Required'", Failure(o => (o.UserName, o.Tls) = ("u", SmtpTls.WhenOffered)), StringComparison.Ordinal);
        Assert.Contains("PasswordFile or", Failure(o => o.UserName = "u"), StringComparison.Ordinal);
        Assert.Contains("without UserName", Failure(o => o.PasswordFile = "x"), StringComparison.Ordinal);
        Assert.Contains("Tls '9'", Failure(o => o.Tls = (SmtpTls)9), StringComparison.Ordinal);
        Assert.Contains("Fingerprint or RootsFile", Failure(o => o.RootsFile = Path.Combine(_folder.FullName, "none")), StringComparison.Ordinal);
        Assert.Contains("Timeout", Failure(o => o.Timeout = TimeSpan.Zero), StringComparison.Ordinal);

        static string Failure(Action<SmtpNotifierOptions> change)
        {
            SmtpNotifierOptions options = new();
            change(options);
            return Assert.Throws<OptionsValidationException>(() => new SmtpNotifier(options)).Message;
        }
    }

    [Theory]
    [InlineData("10.0.0.11:25", true)]
    [InlineData("10.0.0.11:587", true)]
    [InlineData("10.0.0.12:25", false)]
    [InlineData("127.0.0.1:2525", true)]
    [InlineData("127.0.0.1:2526", false)]
    public void Mail_about_a_cluster_does_not_go_through_it(string relay, bool isNode)
    {
        ServiceCollection services = new();
        Cluster(services).AddSmtpNotifier(o => (o.Relay, o.From) = (relay, "a@b"));
        services.ConfigureAll<SmtpNotifierOptions>(o => o.To.Add("a@b"));
        using ServiceProvider provider = services.BuildServiceProvider();
        if (isNode)
        {
            Assert.Contains(
                "one of the cluster's own nodes",
                Assert.Throws<OptionsValidationException>(() => provider.GetRequiredKeyedService<INotifier>("eu")).Message,
                StringComparison.Ordinal);
        }
        else
        {
            Assert.IsType<SmtpNotifier>(provider.GetRequiredKeyedService<INotifier>("eu"));
        }
    }

    [Fact]
    public void Several_notifiers_stand_side_by_side_each_with_its_own_options()
    {
        ServiceCollection services = new();
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["0:Url"] = "https://one.example.test/",
            ["0:SecretFile"] = "secret",
            ["1:Url"] = "https://two.example.test/",
            ["1:SecretFile"] = "secret",
            ["2:Relay"] = "relay.example.test:25",
            ["2:From"] = "a@b",
            ["2:To:0"] = "c@d",
        }).Build();
        Cluster(services)
            .AddWebhookNotifier(configuration.GetSection("0"))
            .AddWebhookNotifier(configuration.GetSection("1"))
            .AddSmtpNotifier(configuration.GetSection("2"));
        using ServiceProvider provider = services.BuildServiceProvider();
        INotifier[] notifiers = [.. provider.GetKeyedServices<INotifier>("eu")];
        Assert.Equal([typeof(WebhookNotifier), typeof(WebhookNotifier), typeof(SmtpNotifier)], notifiers.Select(n => n.GetType()));
        Assert.Equal(
            ["Webhook at one.example.test", "Webhook at two.example.test"],
            notifiers.Take(2).Select(n => ((ISelfTest)n).TestAsync([]).GetAwaiter().GetResult().Single()).Select(r => r.Subject));
    }

    [Theory]
    [InlineData(
        """[ { "Kind": "Webhook", "Url": "https://hooks.example.test", "SecretFile": "secret" }, { "Kind": "Smtp", "Relay": "relay.example.test", "From": "a@b", "To": [ "c@d" ] } ]""",
        "Relay 'relay.example.test' is not host:port")]
    [InlineData("""[ { "Kind": "Pigeon" } ]""", "'Pigeon' is not one of Command, Webhook")]
    [InlineData("""[ { "Url": "https://hooks.example.test" } ]""", "Notifications:0:Kind: required")]
    public async Task The_command_line_takes_a_list_of_them(string notifications, string says)
    {
        Write("cluster.json", $$"""
            { "Ksmg": { "Nodes": [ { "Name": "gw1", "Address": "https://127.0.0.1:1", "Smtp": "127.0.0.1:2525" } ],
              "Credentials": { "UserName": "a", "PasswordFile": "secret" }, "Notifications": {{notifications}} } }
            """);
        CliAnswer answer = await CliFixture.RunAsync(
            "status", "nowhere", "-c", Path.Combine(_folder.FullName, "cluster.json"), "--runs", Path.Combine(_folder.FullName, "runs"));
        Assert.Equal(64, answer.ExitCode);
        Assert.Contains(says, answer.Line, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder.FullName, name), text);

    private KsmgBuilder Cluster(IServiceCollection services) => services.AddKsmg("eu", o =>
    {
        o.BasePath = _folder.FullName;
        o.Nodes.Add("gw1", new Uri("https://10.0.0.11"), ServerTrust.System, "10.0.0.11:25");
        o.Nodes.Add("gw2", new Uri("https://127.0.0.1:1"), ServerTrust.System, "127.0.0.1:2525");
        o.Credentials = new KsmgCredentials("Administrator", _ => new("secret"));
    });
}
