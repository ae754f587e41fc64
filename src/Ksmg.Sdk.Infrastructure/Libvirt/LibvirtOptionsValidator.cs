using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>Finds every mistake at once.</summary>
internal sealed class LibvirtOptionsValidator : IValidateOptions<LibvirtOptions>
{
    private static readonly TimeSpan _longestTimeout = TimeSpan.FromHours(2);

    public ValidateOptionsResult Validate(string? name, LibvirtOptions options)
    {
        List<string> failures = [];
        if (!Uri.TryCreate(options.Uri, UriKind.Absolute, out Uri? uri) || uri.UserInfo.Contains(':', StringComparison.Ordinal))
        {
            // The URI is not repeated: it may hold a password.
            failures.Add("Snapshots: Uri is no connection of libvirt such as qemu:///system, or it holds a password.");
        }

        if (options.Domains.Count == 0)
        {
            failures.Add("Snapshots: Domains is empty; it maps each node's name to the UUID or the name of its machine.");
        }

        foreach ((string node, string domain) in options.Domains)
        {
            // virsh takes a number for the id of a running machine.
            if (domain.Length == 0 || domain.All(char.IsAsciiDigit) || domain.Any(c => char.IsControl(c) || c == '/'))
            {
                failures.Add($"Snapshots: '{domain}' in Domains is no name of a machine (node {node}); write its UUID.");
            }
        }

        foreach (IGrouping<string, string> twice in options.Domains.GroupBy(d => d.Value, d => d.Key, StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1))
        {
            failures.Add($"Snapshots: the nodes {string.Join(", ", twice)} share the machine '{twice.Key}'.");
        }

        if (options.VirshPath.Length == 0 || (options.VirshPath.AsSpan().IndexOfAny('/', '\\') >= 0 && !Path.IsPathFullyQualified(options.VirshPath)))
        {
            failures.Add($"Snapshots: VirshPath '{options.VirshPath}' is neither an absolute path nor a bare name that is on the PATH.");
        }

        foreach ((string option, TimeSpan time) in new[] { (nameof(options.Timeout), options.Timeout), (nameof(options.SnapshotTimeout), options.SnapshotTimeout) })
        {
            if (time <= TimeSpan.Zero || time > _longestTimeout)
            {
                failures.Add($"Snapshots: {option} {time} is not between 0 and {_longestTimeout}.");
            }
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
