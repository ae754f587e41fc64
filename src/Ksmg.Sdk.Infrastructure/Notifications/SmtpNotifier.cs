using System.Globalization;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Options;
using MimeKit;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>Writes mail about events, through a relay that is none of the cluster's own nodes.</summary>
public sealed class SmtpNotifier : INotifier, ISelfTest
{
    private readonly SmtpNotifierOptions _options;
    private readonly SmtpSender _sender;
    private readonly TimeProvider _time;
    private readonly EventTemplate? _subject;
    private readonly EventTemplate? _body;

    /// <summary>Creates the notifier; nothing is sent yet.</summary>
    /// <param name="options">Whom to write to, and through which relay.</param>
    /// <param name="timeProvider">The clock of the time-outs; the system's by default.</param>
    /// <exception cref="OptionsValidationException">The options are wrong; the message lists everything.</exception>
    public SmtpNotifier(SmtpNotifierOptions options, TimeProvider? timeProvider = null)
    {
        _options = options.Checked("Notifications");
        _time = timeProvider ?? TimeProvider.System;
        _subject = EventTemplate.Read(nameof(SmtpNotifierOptions.SubjectTemplateFile), options.SubjectTemplateFile, isJson: false, out _);
        _body = EventTemplate.Read(nameof(SmtpNotifierOptions.BodyTemplateFile), options.BodyTemplateFile, isJson: false, out _);
        _sender = new SmtpSender(HostPort.Parse(options.Relay)!, options.Tls, options.Trust.Resolve(), options.HelloName, options.Timeout, _time);
    }

    /// <inheritdoc/>
    /// <remarks>The token ends the sending; the mail may have been taken.</remarks>
    /// <exception cref="KsmgException">The relay did not take the mail, or gave no answer.</exception>
    public async Task NotifyAsync(UpgradeEvent upgradeEvent, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(upgradeEvent);
        MailAccount? account = await AccountAsync(cancellationToken).ConfigureAwait(false);
        SmtpOutcome outcome = await _sender.SendAsync(_options.From, [.. _options.To], Compose(upgradeEvent), account, cancellationToken).ConfigureAwait(false);
        if (!outcome.Accepted)
        {
            throw new KsmgException(Words.Get("notifier.not-taken", _options.Relay, outcome.Text));
        }
    }

    /// <inheritdoc/>
    /// <remarks>Sends nothing: logs in, and asks whether the relay would take mail for all recipients.</remarks>
    public async Task<IReadOnlyList<SelfTestResult>> TestAsync(IReadOnlyList<string> nodes, CancellationToken cancellationToken = default)
    {
        string subject = Words.Get("notifier.subject", _options.Relay);
        try
        {
            MailAccount? account = await AccountAsync(cancellationToken).ConfigureAwait(false);
            SmtpOutcome outcome = await _sender.AskAsync(_options.From, [.. _options.To], account, cancellationToken).ConfigureAwait(false);
            return
            [
                outcome.Accepted
                    ? new SelfTestResult(subject, SelfTestOutcome.Works, outcome.Text)
                    : new SelfTestResult(subject, SelfTestOutcome.Fails, outcome.Text, Words.Get("notifier.remedy")),
                .. _subject is null ? [] : (SelfTestResult[])[_subject.Show(nameof(SmtpNotifierOptions.SubjectTemplateFile), _options.SubjectTemplateFile!)],
                .. _body is null ? [] : (SelfTestResult[])[_body.Show(nameof(SmtpNotifierOptions.BodyTemplateFile), _options.BodyTemplateFile!)],
            ];
        }
        catch (KsmgException e)
        {
            return [new SelfTestResult(subject, SelfTestOutcome.Fails, e.Message, Words.Get("notifier.remedy"))];
        }
    }

    private async Task<MailAccount?> AccountAsync(CancellationToken cancellationToken) => _options.UserName is { Length: > 0 } user
        ? new MailAccount(user, await _options.Password.ReadAsync(cancellationToken).ConfigureAwait(false), _options.Login == MailLogin.OAuth2)
        : null;

    private MimeMessage Compose(UpgradeEvent e)
    {
        string subject = string.Join(' ', new[] { Words.Get("notifier.mail-subject"), EventWords.Title(e.Kind), e.Node, e.Step?.ToString() }.OfType<string>());
        IEnumerable<string> lines =
        [
            e.Text,
            string.Empty,
            Words.Get("notifier.run", e.RunId),
            Words.Get("notifier.time", e.At.ToString("u", CultureInfo.InvariantCulture)),
            .. e.Node is null ? [] : (string[])[Words.Get("notifier.node", e.Node)],
            .. e.Step is null ? [] : (string[])[Words.Get("notifier.step", e.Step)],
            string.Empty,
            Words.Get("notifier.explain", e.RunId),
            .. EventWords.Commands(e).Skip(1).Select(command => "  " + command),
            string.Empty,
        ];
        return MailText.Compose(
            $"<ksmg-notification.{Guid.NewGuid():N}@{MailText.DomainOf(_options.From)}>",
            _options.From,
            [.. _options.To],
            _subject is null ? subject : Printable.OneLine(_subject.Render(e)),
            _body is null ? string.Join("\r\n", lines) : _body.Render(e).ReplaceLineEndings("\r\n"),
            _time.GetUtcNow());
    }
}
