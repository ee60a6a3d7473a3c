import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import assessments.models.credential


class Migration(migrations.Migration):
    dependencies = [
        ("assessments", "0005_exports_of_many"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.AlterField(
            model_name="scanrequest",
            name="reason",
            field=models.CharField(
                choices=[
                    ("added", "Added"),
                    ("request", "Asked for"),
                    ("push", "Push"),
                    ("schedule", "Schedule"),
                    ("ruleset", "New ruleset version"),
                ],
                default="request",
                max_length=10,
            ),
        ),
        migrations.CreateModel(
            name="Credential",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                (
                    "kind",
                    models.CharField(choices=[("token", "HTTPS token"), ("ssh", "SSH key")], max_length=10),
                ),
                ("username", models.CharField(blank=True, max_length=120)),
                ("secret", models.TextField()),
                ("known_hosts", models.TextField(blank=True)),
                ("prefixes", models.JSONField(default=list)),
                ("expires_on", models.DateField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("replaced_at", models.DateTimeField(blank=True, null=True)),
                ("last_used_at", models.DateTimeField(blank=True, null=True)),
                ("trouble", models.CharField(blank=True, max_length=60)),
                ("trouble_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "revoked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "teams",
                    models.ManyToManyField(blank=True, related_name="credentials", to="assessments.team"),
                ),
            ],
            options={
                "ordering": ["name", "id"],
            },
        ),
        migrations.CreateModel(
            name="PushHook",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "public_id",
                    models.CharField(
                        default=assessments.models.credential.new_public_id,
                        editable=False,
                        max_length=40,
                        unique=True,
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                (
                    "provider",
                    models.CharField(
                        choices=[
                            ("github", "GitHub"),
                            ("gitlab", "GitLab"),
                            ("gitea", "Gitea"),
                            ("forgejo", "Forgejo"),
                            ("bitbucket", "Bitbucket"),
                        ],
                        max_length=10,
                    ),
                ),
                ("secret", models.TextField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="push_hooks",
                        to="assessments.team",
                    ),
                ),
            ],
            options={
                "ordering": ["name", "id"],
            },
        ),
        migrations.CreateModel(
            name="HookDelivery",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                ("delivery", models.CharField(blank=True, max_length=100)),
                ("event", models.CharField(blank=True, max_length=60)),
                ("address", models.CharField(blank=True, max_length=300)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("queued", "Scan queued"),
                            ("waiting", "A scan was waiting already"),
                            ("later", "A scan is running; another follows"),
                            ("ping", "Ping"),
                            ("other-event", "Not a push"),
                            ("other-branch", "Not the default branch"),
                            ("unknown", "No repository here has this address"),
                            ("repeated", "Repeated, so ignored"),
                            ("malformed", "Malformed"),
                        ],
                        max_length=15,
                    ),
                ),
                (
                    "repository",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="assessments.repository",
                    ),
                ),
                (
                    "hook",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="assessments.pushhook",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="CredentialGrant",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reason", models.CharField(max_length=1000)),
                ("granted_at", models.DateTimeField(auto_now_add=True)),
                (
                    "credential",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="grants",
                        to="assessments.credential",
                    ),
                ),
                (
                    "granted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "mirror",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="credential_grants",
                        to="assessments.mirror",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="credential_grants",
                        to="assessments.team",
                    ),
                ),
            ],
            options={
                "ordering": ["-granted_at", "-id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("credential", "team", "mirror"), name="one_grant_per_address"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CredentialUse",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("used_at", models.DateTimeField()),
                (
                    "credential",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="uses",
                        to="assessments.credential",
                    ),
                ),
                (
                    "mirror",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="credential_uses",
                        to="assessments.mirror",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("credential", "mirror"), name="one_use_per_mirror")
                ],
            },
        ),
    ]
