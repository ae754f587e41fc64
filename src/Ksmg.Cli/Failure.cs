using Microsoft.Extensions.Options;

namespace Ksmg.Cli;

/// <summary>What a person and a script are told about an exception: one line and a code, never a stack trace.</summary>
internal static class Failure
{
    public static (int ExitCode, string Line) Explain(Exception exception) => exception switch
    {
        CliException e => (e.ExitCode, e.Message),
        OperationCanceledException => (ExitCodes.Interrupted, Words.Get("failure.stopped")),
        OptionsValidationException e => (ExitCodes.Usage, Words.Get("usage.configuration", string.Join(" ", e.Failures))),
        PackageException or UpgradeException or CommandRefusedException or ActiveRunException or ForeignRunException or RunFormatException
            or LeaseHeldException => (ExitCodes.Refused, exception.Message),
        JournalException => (ExitCodes.NeedsHuman, exception.Message),
        KsmgException or TimeoutException or IOException or UnauthorizedAccessException or HttpRequestException => (ExitCodes.Failed, exception.Message),
        _ => (ExitCodes.Failed, Words.Get("failure.defect", exception.GetType().Name, exception.Message)),
    };
}
