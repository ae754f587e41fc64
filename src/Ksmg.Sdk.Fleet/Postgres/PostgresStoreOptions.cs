namespace Ksmg.Sdk.Fleet;

/// <summary>How a <see cref="PostgresRunStore"/> comes to its database. The password stands nowhere in the configuration.</summary>
public sealed class PostgresStoreOptions
{
    /// <summary>The schema that holds the tables: lower-case letters, digits and <c>_</c>. Default: <c>ksmg</c>.</summary>
    public string Schema { get; set; } = "ksmg";

    /// <summary>A file with nothing but the password in UTF-8; line ends at its end are ignored.</summary>
    public string? PasswordFile { get; set; }

    /// <summary>The name of an environment variable with the password. Programs that adapters start do not inherit it.</summary>
    public string? PasswordEnvironment
    {
        get;
        set
        {
            field = value;
            SecretVariables.Add(value);
        }
    }

    /// <summary>
    /// A program that prints the password, such as a vault's client, and its arguments. It is started without a shell, inherits no secret
    /// of ours, has 15 seconds and prints nothing else; line ends at its end are ignored. Default: none.
    /// </summary>
    public IList<string> PasswordCommand { get; } = [];

    /// <summary>Where the password comes from; none is needed where the server asks for none.</summary>
    internal SecretSource Password => new($"PostgreSQL: {nameof(Password)}", PasswordFile, PasswordEnvironment, [.. PasswordCommand]);
}
