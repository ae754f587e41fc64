global using Ksmg.Sdk;
global using Ksmg.Sdk.Upgrades;
