using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Conventions;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary>Words of the user's for notifications, sent to a real receiver and a relay; those of the documentation among them.</summary>
public sealed partial class NotifierTemplateTests : IDisposable
{
    private static readonly UpgradeEvent _event = new()
    {
        RunId = "run1",
        Cluster = "eu",
        At = new DateTimeOffset(2026, 11, 22, 20, 0, 0, TimeSpan.Zero),
        Kind = UpgradeEventKind.Paused,
        Node = "gw1",
        Step = StepId.Gate,
        Text = Message.Said("Back \"at\" work:\n\\o/ ü </script>"),
        Values = new Dictionary<string, string> { ["gate"] = "S16/gw1/-", ["check"] = "budget" },
    };

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-template-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task The_body_of_the_documentation_arrives_as_json_with_everything_escaped()
    {
        byte[] received = [];
        await using TestServer server = await TestServer.StartAsync(async context =>
        {
            using MemoryStream body = new();
            await context.Request.Body.CopyToAsync(body);
            received = body.ToArray();
        });
        WebhookNotifier notifier = Webhook(server, Documented(0));
        await notifier.NotifyAsync(_event);

        string text = JsonDocument.Parse(received).RootElement.GetProperty("text").GetString()!;
        Assert.Equal($"*waits* eu gw1: {_event.Text}\n`ksmg explain run1`\n`ksmg approve run1`\n`ksmg resume run1`", text);

        IReadOnlyList<SelfTestResult> tested = await notifier.TestAsync([]);
        Assert.Contains(tested, r => r.Works && r.Subject == "template" && r.Text.Contains("TemplateFile gives: { \"text\":", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_subject_of_the_documentation_is_one_line_and_the_text_is_the_users()
    {
        await using ScriptedServer relay = new("220 x\r\n", line => line switch
        {
            "DATA" => "354 go\r\n",
            "QUIT" => "221 bye\r\n",
            _ => "250 ok\r\n",
        });
        SmtpNotifierOptions options = new() { Relay = relay.Address, From = "ksmg@example.test", Tls = SmtpTls.Never };
        options.To.Add("one@example.test");
        options.SubjectTemplateFile = Write("subject", Documented(1) + "\n{{ text }}");
        options.BodyTemplateFile = Write("body", "{{ at }} {{ values.check }}{{ values.none }}\n{{ commands.last }}");
        await new SmtpNotifier(options).NotifyAsync(_event);

        string headers = string.Join('\n', relay.Heard.TakeWhile(l => l.Length > 0));
        Assert.Contains("Subject: [mail] eu: waits (gw1) Back \"at\" work:", headers, StringComparison.Ordinal);
        string body = string.Join('\n', relay.Heard.SkipWhile(l => l.Length > 0).Skip(1).TakeWhile(l => l != "."));
        string text = body.Contains("2026", StringComparison.Ordinal) ? body : Encoding.UTF8.GetString(Convert.FromBase64String(body.ReplaceLineEndings("")));
        Assert.Equal("2026-11-22 20:00:00Z budget\nksmg resume run1", text.ReplaceLineEndings("\n").TrimEnd());
    }

    [Theory]
    [InlineData("a\n{{ evnt.node }}", "line 2: an event has no member 'evnt.node'; it has run, cluster")]
    [InlineData("a\n\n{% if nod == 'x' %}y{% endif %}", "line 3: an event has no member 'nod'")]
    [InlineData("{{ node.name }}", "no member 'node.name'")]
    [InlineData("{{ text | upcse }}", "line 1: there is no filter 'upcse'")]
    [InlineData("a\nb {% if node %}", "line 2")]
    [InlineData("{% include 'secrets' %}", "takes in no other one ('include')")]
    [InlineData("{% for i in (1..9999) %}{% for j in (1..9999) %}x{% endfor %}{% endfor %}", "cannot be carried out")]
    [InlineData("{% for i in (1..9999999999) %}{% break %}{% endfor %}", "10000")]
    [InlineData("{% for i in (-9..9992) %}{% break %}{% endfor %}", "numbers that are written out")]
    [InlineData("{% for i in (1..values.check) %}x{% endfor %}", "numbers that are written out")]
    [InlineData("{% assign all = (values.check..2) %}", "a range ('..')")]
    [InlineData("{{ 1 | divided_by: 0 }}", "cannot be carried out")]
    [InlineData("{{ 79228162514264337593543950335 | plus: 1 }}", "cannot be carried out")]
    [InlineData("{% for i in (1..2000) %}LONG{% endfor %}", "gives more than")]
    public void What_a_template_may_not_say_is_refused_at_the_start_with_its_place(string template, string says)
    {
        SmtpNotifierOptions options = new() { BodyTemplateFile = Write("template", template.Replace("LONG", new string('x', 500), StringComparison.Ordinal)) };
        string message = Assert.Throws<OptionsValidationException>(() => new SmtpNotifier(options)).Message;
        Assert.Contains($"BodyTemplateFile '{options.BodyTemplateFile}'", message, StringComparison.Ordinal);
        Assert.Contains(says, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{% for c in commands %}{{ c }}{{ forloop.index }}{% endfor %}{% assign x = node %}{{ x | upcase }}{{ commands[0] }}{{ commands.size }}")]
    [InlineData("{% for i in (1..3) %}{{ i }}{% endfor %}{% for i in (-5..5) limit: 2 %}{{ node }}{% endfor %}")]
    [InlineData("{% capture all %}{{ run }} {{ step }}{% endcapture %}{{ all | default: kind }}{{ values['gate'] }}")]
    [InlineData("")]
    public void What_it_may_say_is_not(string template)
    {
        SmtpNotifierOptions options = new() { SubjectTemplateFile = Write("template", template) };
        string message = Assert.Throws<OptionsValidationException>(() => new SmtpNotifier(options)).Message;
        Assert.DoesNotContain("TemplateFile", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "text": {{ text }} }""")]
    [InlineData("""{ "text": "{{ text | raw }}" }""")]
    [InlineData("")]
    public void A_body_that_is_no_json_is_refused_at_the_start(string template)
    {
        WebhookOptions options = new() { TemplateFile = Write("template", template) };
        string message = Assert.Throws<OptionsValidationException>(() => new WebhookNotifier(options)).Message;
        Assert.Contains("The template gives no JSON", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_there_or_too_long_is_refused()
    {
        SmtpNotifierOptions options = new()
        {
            SubjectTemplateFile = Path.Combine(_folder.FullName, "none"),
            BodyTemplateFile = Write("long", new string('x', 70_000)),
        };
        string message = Assert.Throws<OptionsValidationException>(() => new SmtpNotifier(options)).Message;
        Assert.Contains("SubjectTemplateFile", message, StringComparison.Ordinal);
        Assert.Contains("is longer than 65536 bytes", message, StringComparison.Ordinal);
    }

    /// <summary>A template as the documentation has it.</summary>
    private static string Documented(int which) =>
        Block().Matches(File.ReadAllText(Repository.PathOf("docs/notifications.md")).ReplaceLineEndings("\n"))[which].Groups["text"].Value;

    [GeneratedRegex("```liquid\n(?<text>.*?)\n```", RegexOptions.Singleline, 1_000)]
    private static partial Regex Block();

    private WebhookNotifier Webhook(TestServer server, string template) => new(new WebhookOptions
    {
        Url = server.Address,
        Fingerprint = server.Fingerprint,
        SecretFile = Write("secret", "a-secret-of-32-characters-and-ü!"),
        TemplateFile = Write("template", template),
    });

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }
}
